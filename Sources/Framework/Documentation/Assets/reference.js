// The reference: the whole document in readable form.

(() => {
  const contents = document.getElementById("contents");

  function entry(id, title, name, ...children) {
    contents.append(element("li", {}, element("a", { href: `#${id}` }, name)));
    return element("article", { class: "entry", id, "aria-labelledby": `${id}-title` },
      element("h3", { id: `${id}-title` }, title), ...children);
  }

  function parameters(operation) {
    if (!operation.parameters) return [];
    return [
      element("h4", {}, "Query"),
      table(["name", "type", "", "meaning"], operation.parameters.map((parameter) => [
        element("code", {}, parameter.name), typeName(parameter.schema),
        parameter.required ? "required" : "optional", prose(parameter.description),
      ])),
    ];
  }

  function example(operation) {
    const schema = contentSchema(operation.requestBody);
    const required = (operation.parameters ?? []).filter((parameter) => parameter.required);
    const query = required.map((parameter) => `${parameter.name}=…`).join("&");
    const headers = operation.security ? [credential(operation)] : [];
    if (schema) headers.push(["content-type", "application/json"]);
    const url = new URL(`.${operation.path}`, location.href).href + (query ? `?${query}` : "");
    const body = schema && JSON.stringify(exampleOf(schema));
    return [element("h4", {}, "Example"), element("pre", {}, element("code", {}, curl(operation.method, url, headers, body)))];
  }

  function credential(operation) {
    const scheme = Object.keys(operation.security[0])[0];
    return scheme === "descope" ? ["x-descope-api-key", "$ACCESS_KEY"] : ["authorization", "Bearer $BENCHMARK_API_KEY"];
  }

  for (const operation of operations()) {
    const schema = contentSchema(operation.requestBody);
    const title = [element("span", { class: "method" }, operation.method), ` ${operation.path}`];
    document.getElementById("operations").append(entry(
      operation.operationId, title, `${operation.method} ${operation.path}`,
      element("p", {}, operation.summary),
      operation.description && element("p", { class: "note" }, prose(operation.description)),
      ...parameters(operation),
      ...(schema ? [element("h4", {}, `Body: ${typeName(schema)}`), membersTable(schema)] : []),
      element("h4", {}, "Responses"), responsesTable(operation), ...example(operation)));
  }
  contents.append(element("li", {}, element("a", { href: "#streams" }, "Streams")));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    document.getElementById("schemas").append(
      entry(`schema-${name}`, name, name, element("p", {}, prose(schema.description)), membersTable(schema)));
  }
})();
