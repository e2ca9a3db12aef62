// The page for trying the API.

(() => {
  const shownBytes = 200_000;
  const keptPieces = 5_000;

  // MARK: Credentials

  const credentials = [
    { name: "authorization", label: "Service key", prefix: "Bearer ", variable: "BENCHMARK_API_KEY", secret: true,
      about: "Sent as authorization: Bearer …" },
    { name: "x-descope-api-key", label: "Descope access key", prefix: "", variable: "DESCOPE_ACCESS_KEY", secret: true,
      about: "Required when the service uses Descope." },
    { name: "x-api-key", label: "Sandbox API key", prefix: "", variable: "DAYTONA_API_KEY", secret: true,
      about: "For streams." },
    { name: "x-api-url", label: "Sandbox API URL", prefix: "", about: "For streams; such as https://app.daytona.io/api." },
    { name: "x-target", label: "Sandbox region", prefix: "", about: "For streams." },
  ];

  /** Further header fields, one per line, for a service that checks its callers itself. */
  const further = element("textarea", {
    id: "credential-further", rows: "2", spellcheck: "false", autocomplete: "off",
    "aria-describedby": "credential-further-about", oninput: () => showCredentials(),
  });

  function furtherHeaders() {
    return further.value.split("\n").map((line) => line.trim()).filter((line) => line).map((line) => {
      const colon = line.indexOf(":");
      return colon > 0 ? [line.slice(0, colon).trim(), line.slice(colon + 1).trim()] : [line, ""];
    });
  }

  function credentialField(credential) {
    const id = `credential-${credential.name}`;
    const input = element("input", {
      id, type: credential.secret ? "password" : "text", autocomplete: "off", spellcheck: "false",
      "aria-describedby": `${id}-about`, oninput: showCredentials,
    });
    credential.input = input;
    const toggle = credential.secret && element("button", {
      type: "button", "aria-pressed": "false", "aria-label": `Show ${credential.label}`,
      onclick: () => {
        const isHidden = input.type === "password";
        input.type = isHidden ? "text" : "password";
        toggle.setAttribute("aria-pressed", String(isHidden));
      },
    }, "Show");
    return element("div", { class: "field" }, element("label", { for: id }, credential.label),
      element("div", { class: "secret" }, input, toggle || null),
      element("span", { class: "about", id: `${id}-about` }, credential.about));
  }

  function showCredentials() {
    const set = credentials.filter((credential) => credential.input.value);
    const labels = set.map((credential) => credential.label.toLowerCase()).concat(furtherHeaders().map(([name]) => name));
    document.getElementById("credentials-state").textContent = labels.length ? labels.join(", ") : "none set";
  }

  /** The header fields; with names of variables in place of secrets if they are shown for copying. */
  function credentialHeaders({ isForStream, isShown }) {
    return credentials
      .filter((credential) => credential.input.value && (isForStream || !/^x-(api|target)/.test(credential.name)))
      .map(({ name, prefix, variable, secret, input }) =>
        [name, prefix + (isShown && secret ? `$${variable}` : input.value)])
      .concat(furtherHeaders().map(([name, value]) => [name, isShown ? "$VALUE" : value]));
  }

  // MARK: Forms

  function inputFor(id, schema, isList) {
    const shown = schema.default === undefined ? "" : String(schema.default);
    if (schema.type === "boolean") {
      return element("select", { id }, ["", "true", "false"].map((word) =>
        element("option", { value: word }, word || `(${shown || "not sent"})`)));
    }
    if (isList) return element("textarea", { id, rows: "3", spellcheck: "false" });
    return element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", placeholder: shown });
  }

  function field(id, label, about, input, isRequired) {
    if (isRequired) input.required = true;
    input.setAttribute("aria-describedby", `${id}-about`);
    return element("div", { class: "field" },
      element("label", { for: id }, label, isRequired ? " (required)" : ""), input,
      element("span", { class: "about", id: `${id}-about` }, prose(about)));
  }

  /** The inputs of an operation's parameters, and a function that returns their query. */
  function parameterInputs(operation) {
    const inputs = (operation.parameters ?? []).map((parameter) => {
      const id = `${operation.operationId}-${parameter.name}`;
      const isList = parameter.schema.type === "array";
      return { parameter, isList, input: inputFor(id, parameter.schema, isList), id };
    });
    if (takesAnything(operation)) {
      const id = `${operation.operationId}-query`;
      const input = inputFor(id, {}, false);
      return { fields: [field(id, "Query", "The part after the question mark: a=1&b=2.", input, false)],
        query: () => input.value };
    }
    const query = () => {
      const search = new URLSearchParams();
      for (const { parameter, isList, input } of inputs) {
        const values = isList ? input.value.split("\n").filter((line) => line) : [input.value];
        for (const value of values) if (value || parameter.required) search.append(parameter.name, value);
      }
      return search.toString();
    };
    const fields = inputs.map(({ parameter, isList, input, id }) => field(id, parameter.name,
      (parameter.description ?? "") + (isList ? " One per line." : ""), input, parameter.required));
    return { fields, query };
  }

  /** Whether the service's author added the operation: nothing is known of its parameters and body. */
  function takesAnything(operation) {
    return operation.responses.default !== undefined;
  }

  /** The input of an operation's body; undefined without one. */
  function bodyInput(operation) {
    if (takesAnything(operation) && operation.requestBody) {
      const id = `${operation.operationId}-body`;
      const input = element("textarea", { id, rows: "4", spellcheck: "false" });
      return { input, isJSON: false, field: field(id, "Body", "Sent as JSON if it is JSON, otherwise as text.", input, false) };
    }
    const schema = contentSchema(operation.requestBody);
    if (!schema) return undefined;
    const id = `${operation.operationId}-body`;
    const input = element("textarea", { id, rows: "8", spellcheck: "false" });
    input.value = JSON.stringify(exampleOf(schema), null, 2);
    return { input, isJSON: true, field: field(id, "Body (JSON)", `${typeName(schema)}; a template to fill in.`, input, true) };
  }

  // MARK: Operations

  function card(operation) {
    const { fields, query } = parameterInputs(operation);
    const body = bodyInput(operation);
    const answer = element("div", { class: "answer", role: "status" });
    const send = element("button", { class: "main", type: "submit" }, "Send");
    const cancel = element("button", { type: "button", disabled: true, onclick: () => abort?.abort() }, "Cancel");
    let abort;

    async function submit(event) {
      event.preventDefault();
      if (body?.isJSON) {
        try { JSON.parse(body.input.value); } catch (error) {
          body.input.setAttribute("aria-invalid", "true");
          body.input.focus();
          return answer.replaceChildren(element("p", { class: "state bad" }, `The body is not JSON: ${error.message}`));
        }
        body.input.removeAttribute("aria-invalid");
      }
      abort = new AbortController();
      send.disabled = true;
      cancel.disabled = false;
      answer.replaceChildren(element("p", { class: "state" }, "Waiting…"));
      try {
        await exchange(operation, query(), body?.input.value, answer, abort.signal);
      } catch (error) {
        const text = abort.signal.aborted ? "Cancelled." : `No answer: ${error.message}`;
        answer.replaceChildren(element("p", { class: "state bad" }, text));
      }
      send.disabled = false;
      cancel.disabled = true;
    }

    const schema = contentSchema(operation.requestBody);
    return element("details", { class: "card", id: operation.operationId },
      element("summary", {}, element("span", { class: "method" }, operation.method), element("h3", {}, operation.path),
        element("span", { class: "hint" }, operation.summary)),
      element("p", { class: "note" }, prose(operation.description)),
      element("form", { class: "fields", onsubmit: submit }, fields, body?.field,
        element("div", { class: "bar" }, send, cancel)),
      answer,
      schema && element("h4", {}, `Body: ${typeName(schema)}`), schema && membersTable(schema),
      element("h4", {}, "Responses"), responsesTable(operation));
  }

  async function exchange(operation, query, body, answer, signal) {
    const url = new URL(`.${operation.path}`, location.href).href + (query ? `?${query}` : "");
    const type = body ? [["content-type", isJSON(body) ? "application/json" : "text/plain; charset=utf-8"]] : [];
    const start = performance.now();
    const response = await fetch(url, {
      method: operation.method, headers: [...credentialHeaders({}), ...type], body: body || undefined, signal,
      credentials: "omit",
    });
    const text = await response.text();
    const elapsed = Math.round(performance.now() - start);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const command = curl(operation.method, url, [...credentialHeaders({ isShown: true }), ...type], body);
    answer.replaceChildren(
      element("p", { class: `state ${response.ok ? "good" : "bad"}` },
        `${response.status} ${response.statusText} in ${elapsed} ms, ${text.length} characters`),
      element("pre", { tabindex: "0", "aria-label": "Body" }, element("code", {}, readable(text))),
      element("details", {}, element("summary", {}, "Header fields"), element("pre", {}, element("code", {}, headers))),
      element("details", {}, element("summary", {}, "As a command"), element("pre", {}, element("code", {}, command))));
  }

  function isJSON(text) {
    try { JSON.parse(text); } catch { return false; }
    return true;
  }

  /** JSON with indentation, anything else as it is; no more than a page can show. */
  function readable(text) {
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is not JSON */ }
    return shown.length > shownBytes ? `${shown.slice(0, shownBytes)}\n… the rest is not shown` : shown;
  }

  // MARK: Streams

  function streamCard(name, about) {
    const id = `stream-${name}`;
    const inputs = {
      task_id: ["The task.", true], instance_id: ["The sandbox id.", true], dataset: ["The dataset, if not default.", false],
    };
    const values = {};
    const fields = Object.entries(inputs).map(([key, [meaning, isRequired]]) => {
      values[key] = inputFor(`${id}-${key}`, {}, false);
      return field(`${id}-${key}`, key, meaning, values[key], isRequired);
    });
    const state = element("p", { class: "state", role: "status" }, "");
    const log = element("pre", { class: "log", tabindex: "0", "aria-label": "Output" });
    const result = element("div", { "aria-live": "polite" });
    const output = element("div", { class: "answer", hidden: true }, state, log, result);
    const start = element("button", { class: "main", type: "submit" }, "Start");
    const stop = element("button", { type: "button", disabled: true, onclick: () => abort?.abort() }, "Stop");
    let abort;

    async function submit(event) {
      event.preventDefault();
      abort = new AbortController();
      [start.disabled, stop.disabled, output.hidden] = [true, false, false];
      log.replaceChildren();
      result.replaceChildren();
      const view = chunkView(state, log, result);
      const body = { task_id: values.task_id.value, instance_id: values.instance_id.value };
      if (values.dataset.value) body.dataset = values.dataset.value;
      try {
        await follow(name, JSON.stringify(body), view, abort.signal);
        view.end("Ended");
      } catch (error) {
        view.end(abort.signal.aborted ? "Stopped" : `Failed: ${error.message}`, !abort.signal.aborted);
      }
      [start.disabled, stop.disabled] = [false, true];
    }

    return element("details", { class: "card", id },
      element("summary", {}, element("span", { class: "method" }, "STREAM"), element("h3", {}, name),
        element("span", { class: "hint" }, about)),
      element("form", { class: "fields", onsubmit: submit }, fields, element("div", { class: "bar" }, start, stop)),
      output);
  }

  /** Reads a stream's lines as they arrive, wherever they are split. */
  async function follow(name, body, view, signal) {
    const response = await fetch(new URL(`./docs/stream/${name}`, location.href), {
      method: "POST", headers: [...credentialHeaders({ isForStream: true }), ["content-type", "application/json"]],
      body, signal, credentials: "omit",
    });
    if (!response.ok) throw new Error(`${response.status} ${readable(await response.text())}`);
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split("\n");
      rest = done ? "" : lines.pop();
      for (const line of lines) if (line) view.take(JSON.parse(line), line.length);
      if (done) return;
    }
  }

  /** Shows chunks: at most once per frame, and no more of them than a page can hold. */
  function chunkView(state, log, result) {
    const begin = performance.now();
    let [chunks, characters, waiting, dropped] = [0, 0, [], 0];
    let isScheduled = false;
    let word = "Running";

    function count() {
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const gone = dropped ? `, the first ${dropped} no longer shown` : "";
      state.textContent = `${word}: ${chunks} chunks, ${characters} characters, ${seconds} s${gone}`;
    }

    function draw() {
      isScheduled = false;
      const follows = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
      if (waiting.length > keptPieces) dropped += waiting.splice(0, waiting.length - keptPieces).length;
      log.append(...waiting.splice(0));
      while (log.childNodes.length > keptPieces) {
        log.firstChild.remove();
        dropped += 1;
      }
      if (follows) log.scrollTop = log.scrollHeight;
    }

    function add(piece) {
      waiting.push(piece);
      if (isScheduled) return;
      isScheduled = true;
      requestAnimationFrame(() => { draw(); count(); });
    }

    return {
      take(chunk, length) {
        chunks += 1;
        characters += length;
        if (chunk.type === "message") return add(document.createTextNode(chunk.data));
        if (chunk.type === "error") return add(element("span", { class: "error" }, `\n[error] ${chunk.data}\n`));
        const text = readable(JSON.stringify(chunk.data));
        result.append(element("h4", {}, chunk.type === "result" ? "Result" : `Chunk of type ${chunk.type}`),
          element("pre", {}, element("code", {}, text)));
      },
      end(lastWord, isBad = false) {
        word = lastWord;
        draw();
        count();
        state.classList.toggle("bad", isBad);
      },
    };
  }

  // MARK: The page

  document.getElementById("credentials-form").append(...credentials.map(credentialField),
    element("div", { class: "field" }, element("label", { for: "credential-further" }, "Other header fields"), further,
      element("span", { class: "about", id: "credential-further-about" }, "One per line, such as x-pass: open sesame.")));
  document.getElementById("credentials-form").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("operations").append(...operations().map(card));
  document.getElementById("streams").append(
    streamCard("setup-task", "Sets a task up in a sandbox."),
    streamCard("evaluate-instance", "Grades the outcome in a sandbox."));
})();
