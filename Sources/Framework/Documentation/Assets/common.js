"use strict";

// Shared by both pages: the document, elements, and schemas in readable form.

const api = JSON.parse(document.getElementById("document").textContent);

/** Creates an element with attributes and children; texts are never parsed as markup. */
function element(name, attributes = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    if (key.startsWith("on")) result.addEventListener(key.slice(2), value);
    else result.setAttribute(key, value === true ? "" : value);
  }
  result.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return result;
}

/** The parts of a description, with text between backticks as code. */
function prose(text = "") {
  return text.split("`").map((part, index) => index % 2 ? element("code", {}, part) : part);
}

/** The operations of the document, in its order. */
function operations() {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })));
}

/** The schema that a reference refers to, or the schema itself. */
function resolved(schema = {}) {
  if (!schema.$ref) return schema;
  return api.components.schemas[schema.$ref.split("/").pop()] ?? {};
}

/** The schema of a body or an answer, if there is one. */
function contentSchema(part) {
  return part?.content?.["application/json"]?.schema;
}

/** What a value may be, in a few words. */
function typeName(schema = {}) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" or ");
  if (schema.type === "array") return `list of ${typeName(schema.items)}`;
  return schema.type ?? "anything";
}

/** A value that a schema allows, for people to start from. */
function exampleOf(schema = {}) {
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  const inner = resolved(schema);
  if (inner.anyOf) return inner.anyOf.some((option) => option.type === "null") ? null : exampleOf(inner.anyOf[0]);
  switch (inner.type) {
    case "object":
      return Object.fromEntries(Object.entries(inner.properties ?? {}).map(([name, value]) => [name, exampleOf(value)]));
    case "array": return [];
    case "string": return "";
    case "integer": case "number": return 0;
    case "boolean": return false;
    default: return null;
  }
}

/** A table with a head; cells are texts or elements. */
function table(heads, rows) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") },
    element("table", {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell) => element("td", {}, cell)))))));
}

/** The members of an object as rows. */
function membersTable(schema) {
  const { properties = {}, required = [] } = resolved(schema);
  return table(["name", "type", "", "meaning"], Object.entries(properties).map(([name, value]) => [
    element("code", {}, name), typeName(value), required.includes(name) ? "required" : "optional",
    prose(value.description),
  ]));
}

/** The responses of an operation as rows. */
function responsesTable(operation) {
  return table(["status", "response", "type"], Object.entries(operation.responses).map(([status, response]) =>
    [status, response.description, typeName(contentSchema(response))]));
}

/** A command line that makes the same request, quoted for the shell. */
function curl(method, url, headers, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", ...(method === "GET" ? [] : ["-X", method]), quoted(url)];
  for (const [name, value] of headers) {
    // The shell must still expand variables.
    parts.push("-H", value.includes("$") ? `"${name}: ${value}"` : quoted(`${name}: ${value}`));
  }
  if (body !== undefined) parts.push("-d", quoted(body));
  return parts.join(" ");
}
