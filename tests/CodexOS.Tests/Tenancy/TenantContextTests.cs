using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tenancy;

public sealed class TenantContextTests
{
    private static readonly SystemWork s_work = new("tests.look_around");
    private readonly TenantContext _tenants = new();
    private readonly TenantId _ada = TenantId.New(Clocks.AtNoon());
    private readonly TenantId _bob = TenantId.New(Clocks.AtNoon());

    [Fact]
    public void Outside_of_everything_nothing_may_be_touched()
    {
        RowScope.Of(_tenants).ShouldBe(new RowScope("", ""));
        Should.Throw<InvalidOperationException>(() => _tenants.Required);
    }

    [Fact]
    public void One_is_in_a_tenant_or_at_a_work_and_never_in_both()
    {
        using (_tenants.Enter(_ada))
        {
            using (_tenants.EnterWork(s_work))
            {
                RowScope.Of(_tenants).ShouldBe(new RowScope("", "tests.look_around"));
                using (_tenants.Enter(_bob)) RowScope.Of(_tenants).ShouldBe(RowScope.Of(_bob));
                _tenants.Current.ShouldBeNull();
                _tenants.Work.ShouldBe(s_work);
            }

            RowScope.Of(_tenants).ShouldBe(RowScope.Of(_ada));
        }

        RowScope.Of(_tenants).ShouldBe(new RowScope("", ""));
    }

    [Theory]
    [InlineData("engine")]
    [InlineData("Runs.engine")]
    [InlineData("runs.engine'")]
    [InlineData("")]
    public void A_work_has_the_name_of_its_module_and_of_what_it_does(string name) =>
        Should.Throw<ArgumentException>(() => new SystemWork(name));
}
