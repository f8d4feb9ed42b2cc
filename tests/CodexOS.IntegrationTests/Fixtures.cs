using CodexOS.Testing.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]
