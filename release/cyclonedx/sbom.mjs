// Writes an SBOM of the parts that release/list-parts prints, as CycloneDX 1.6, and holds it against CycloneDX's own schema. The library makes the form,
// this file says what stands in it.
//   node sbom.mjs FILE <PARTS      SOURCE_DATE_EPOCH is the time in it; SUBJECT is the file that is described, if there is one
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { Enums, Models, Serialize, SPDX, Spec, Validation } from "@cyclonedx/cyclonedx-library";

const given = JSON.parse(readFileSync(0, "utf8"));
const target = process.argv[2];

// What the parts of each kind make up
const subjects = {
  static: "the executable that carries its libraries",
  shared: "the executable of .deb and .rpm, which uses the system's libelf and zlib",
  image: "the container image",
  tool: "the .NET tool that runs under dotnet",
};
const ways = {
  linked: "linked into the executable",
  carried: "a file beside it",
  needed: "not part of it: the system's, loaded at the start",
  opened: "not part of it: the system's, loaded when it is wanted",
};

function fail(sentence) {
  console.error(`tcptracer: ${sentence}`);
  process.exit(1);
}

function hashes(file) {
  return new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], createHash("sha256").update(readFileSync(file)).digest("hex")]]);
}

function component(part) {
  const made = new Models.Component(Enums.ComponentType.Library, part.name, {
    bomRef: `part:${part.name}`,
    version: part.version,
    purl: part.purl,
    copyright: part.copyright.join("\n"),
    description: part.note,
    // What is opened only when it is wanted may be missing
    scope: part.how === "opened" ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
    licenses: new Models.LicenseRepository([licence(part.taken)]),
    properties: new Models.PropertyRepository([new Models.Property("tcptracer:part", ways[part.how])]),
  });
  if (part.taken !== part.licence) made.properties.add(new Models.Property("tcptracer:licence-offered", part.licence));
  if (part.source) made.properties.add(new Models.Property("tcptracer:debian-source", part.source));
  if (part.home) made.externalReferences.add(new Models.ExternalReference(part.home, Enums.ExternalReferenceType.Website));
  return made;
}

function licence(expression) {
  // The schema takes any word for the name of a licence, and an expression as it is
  for (const id of expression.split(/ (?:WITH|AND|OR) /)) {
    if (!SPDX.isSupportedSpdxId(id)) fail(`SPDX knows no licence ${id}`);
  }
  return / /.test(expression) ? new Models.LicenseExpression(expression) : new Models.SpdxLicense(expression);
}

// The tool that runs under dotnet is one for all machines
const everywhere = given.kind === "tool";
const name = `tcptracer ${given.version} (${given.kind}${everywhere ? "" : `, ${given.architecture}`})`;
const subject = new Models.Component(given.kind === "image" ? Enums.ComponentType.Container : Enums.ComponentType.Application, "tcptracer", {
  bomRef: name,
  version: given.version,
  purl: given.kind === "image" ? `pkg:oci/tcptracer?arch=${given.architecture}&tag=${given.version}`
    : `pkg:generic/tcptracer@${given.version}${everywhere ? "" : `?arch=${given.architecture}`}`,
  description: subjects[given.kind],
  licenses: new Models.LicenseRepository([new Models.SpdxLicense("MIT")]),
});
if (!everywhere) subject.properties.add(new Models.Property("tcptracer:architecture", given.architecture));
if (process.env.SUBJECT) {
  subject.hashes = hashes(process.env.SUBJECT);
  subject.properties.add(new Models.Property("tcptracer:file", basename(process.env.SUBJECT)));
}

const bom = new Models.Bom({ metadata: new Models.Metadata({ component: subject }) });
bom.metadata.timestamp = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000);
const made = new Map(given.parts.map((part) => [part.name, component(part)]));
for (const part of given.parts) {
  const own = made.get(part.name);
  if (part.within) {
    made.get(part.within).components.add(own);
    made.get(part.within).dependencies.add(own.bomRef);
  } else {
    bom.components.add(own);
    subject.dependencies.add(own.bomRef);
  }
}

const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
const write = () => serializer.serialize(bom, { sortLists: true, space: 1 });
// The number follows from the content, so that the same parts have the same file
const digest = createHash("sha256").update(write()).digest("hex");
bom.serialNumber = `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const text = write();
const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
if (wrong !== null) fail(`the SBOM is not as CycloneDX 1.6 wants it: ${JSON.stringify(wrong).slice(0, 1000)}`);
writeFileSync(target, text + "\n");
