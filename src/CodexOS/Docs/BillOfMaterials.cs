using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Installation;

namespace CodexOS.Docs;

/// <summary>
/// The software bill of materials: every package that the lock files of the server and of its pages pin, in CycloneDX 1.6.
/// The same lock files make the same bill, byte by byte; it names no time.
/// </summary>
internal static class BillOfMaterials
{
    private const string NpmLock = "web/package-lock.json";
    private const string NpmFolder = "node_modules/";

    /// <summary>Reads the lock files of a checkout.</summary>
    /// <param name="repository">Its top directory.</param>
    public static JsonObject Of(string repository)
    {
        var packages = new SortedDictionary<string, Package>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(Path.Combine(repository, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            foreach (var package in OfNuGet(JsonNode.Parse(File.ReadAllText(path))!)) Take(packages, package);
        }

        foreach (var package in OfNpm(JsonNode.Parse(File.ReadAllText(Path.Combine(repository, NpmLock)))!))
            Take(packages, package);
        var components = new JsonArray([.. packages.Values.Select(static package => package.Write())]);
        return new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["serialNumber"] = $"urn:uuid:{IdOf(components)}",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] = new JsonObject
                {
                    ["type"] = "application",
                    ["bom-ref"] = "codexos",
                    ["name"] = "CodexOS",
                    ["version"] = VersionFact.Version,
                },
            },
            ["components"] = components,
        };
    }

    /// <summary>What only builds and tests in one file, and is part of the product by another, is part of it.</summary>
    private static void Take(SortedDictionary<string, Package> packages, Package package)
    {
        if (!packages.TryGetValue(package.Reference, out var known) || (known.IsForBuilding && !package.IsForBuilding))
            packages[package.Reference] = package;
    }

    /// <summary>Projects of the repository itself stand in the lock files too, and are no packages.</summary>
    private static IEnumerable<Package> OfNuGet(JsonNode file) =>
        from framework in file["dependencies"]!.AsObject()
        from entry in framework.Value!.AsObject()
        where entry.Value!["type"]!.GetValue<string>() is not "Project"
        let version = entry.Value!["resolved"]!.GetValue<string>()
        select new Package("nuget", entry.Key, version, $"pkg:nuget/{entry.Key}@{version}")
        {
            // NuGet's own hash leaves the signature of the package out, so it is not that of the file.
            NuGetHash = entry.Value!["contentHash"]!.GetValue<string>(),
        };

    private static IEnumerable<Package> OfNpm(JsonNode file)
    {
        foreach (var (place, entry) in file["packages"]!.AsObject())
        {
            if (place.Length == 0 || entry!["version"] is not { } version) continue;
            var name = place[(place.LastIndexOf(NpmFolder, StringComparison.Ordinal) + NpmFolder.Length)..];
            yield return new Package("npm", name, version.GetValue<string>(), $"pkg:npm/{name.Replace("@", "%40", StringComparison.Ordinal)}@{version}")
            {
                Integrity = entry["integrity"]?.GetValue<string>(),
                License = entry["license"] is JsonValue license && license.TryGetValue<string>(out var text) ? text : null,
                IsForBuilding = entry["dev"]?.GetValue<bool>() is true,
            };
        }
    }

    /// <summary>An id that is made of what is in the bill (a UUID version 8, RFC 9562).</summary>
    private static Guid IdOf(JsonArray components)
    {
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(components));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }

    private sealed record Package(string Kind, string Name, string Version, string Reference)
    {
        private const string Sha512 = "sha512-";

        public string? NuGetHash { get; init; }

        public string? Integrity { get; init; }

        public string? License { get; init; }

        public bool IsForBuilding { get; init; }

        public JsonObject Write()
        {
            var component = new JsonObject
            {
                ["type"] = "library",
                ["bom-ref"] = Reference,
                ["name"] = Name,
                ["version"] = Version,
                ["purl"] = Reference,
                ["scope"] = IsForBuilding ? "excluded" : "required",
            };
            if (Integrity?.StartsWith(Sha512, StringComparison.Ordinal) is true)
            {
                component["hashes"] = new JsonArray(new JsonObject
                {
                    ["alg"] = "SHA-512",
                    ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(Integrity[Sha512.Length..])),
                });
            }

            if (License is not null) component["licenses"] = new JsonArray(new JsonObject { ["expression"] = License });
            if (NuGetHash is not null)
            {
                component["properties"] = new JsonArray(new JsonObject
                {
                    ["name"] = "nuget:contentHash",
                    ["value"] = NuGetHash,
                });
            }

            return component;
        }
    }
}
