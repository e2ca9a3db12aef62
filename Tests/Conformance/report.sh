# The text of docs/conformance.md, around the rows of a run and what the programs of Benchmarks/holds have printed.
report() {
    cat <<'END'
# Conformance

Written by `./dev conformance`, which runs these tools against release builds on loopback, then the Swift tests under each
sanitizer:

- `http1_probe.py`: requests, well-formed and hostile, to an HTTP/1.1 server (RFC 9110, 9112), and the opening
  handshake of WebSocket;
- `tls_probe`: versions, suites, certificates and their verification, for server and client (RFC 8446, 5246, 9525);
- the Autobahn TestSuite, cases 1 to 13, for server and client (RFC 6455, 7692).

| What | Summary | Time |
| --- | --- | --- |
END
    printf '%s\n' "${rows[@]}"
    cat <<'END'

`ws-echo` is nothing but the transport. The example service necessarily fails five cases: the service contract demands 405
for HEAD, as the original answers, where the probe expects the answer to GET (RFC 9110 §9.3.2). They are
`head/no-body`, `head/1.0-no-body`, `head/same-length-as-get`, `length/head-body-is-no-request` and
`pipeline/10-mixed-in-order`, whose third request is a HEAD.

## Under load

`ws-echo` against clients in another process, from another implementation ([Benchmarks](../Benchmarks/README.md)): idle
connections, a slow reader, and mixed traffic with clients that leave, stall and send nonsense.

```
END
    cat "$held"
    cat <<'END'
```

## More

`./dev test` runs a quick subset: each vector in one segment, without the cases that wait for timeouts, and Autobahn
without 12 and 13, in clear text. The decoders' fuzz targets and their figures are in
[Tests/Fuzz](../Tests/Fuzz/README.md). `./dev test --sanitize=thread` and `--sanitize=address` run the Swift tests under a
sanitizer.
END
}
