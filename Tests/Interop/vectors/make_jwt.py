"""Makes the vectors that the verification of tokens is tested with, by PyJWT and cryptography.

    pip install 'PyJWT[crypto]' && python make_jwt.py >../../FrameworkTests/Auth/Vectors/jwt.json

A run makes new keys, and forgets the private ones. Every vector is given to PyJWT as well: where that decides otherwise,
the vector says in its note why the stricter decision is right.
"""

import base64
import datetime
import json
from unittest import mock

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NOW = 1_790_000_000
AUDIENCE = "P2vectors"
TENANT = {"T1": {}}

RSA_KEY = rsa.generate_private_key(65537, 2048)
LARGE_RSA_KEY = rsa.generate_private_key(65537, 3072)
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
KEYS = {name: LARGE_RSA_KEY if name.endswith("512") else RSA_KEY for name in
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]}
KEYS |= {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk(name: str) -> dict:
    public = KEYS[name].public_key()
    make = ECAlgorithm if name.startswith("ES") else RSAAlgorithm
    key = json.loads(make.to_jwk(public))
    key.pop("key_ops", None)
    return key | {"kid": f"key-{name}", "alg": name, "use": "sig"}


def claims(**changes) -> dict:
    base = {"sub": "key", "iat": NOW - 10, "exp": NOW + 600, "tenants": TENANT}
    return {name: value for name, value in (base | changes).items() if value is not Ellipsis}


def token(name: str = "RS256", payload: dict | None = None, **header) -> str:
    header = {"kid": f"key-{name}"} | header
    return jwt.encode(payload if payload is not None else claims(), KEYS[name], algorithm=name, headers=header)


def signed(name: str, header: bytes, payload: bytes) -> str:
    """A token of any bytes, with the right signature."""
    message = f"{b64(header)}.{b64(payload)}".encode()
    digest = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[name[2:]]
    key = KEYS[name]
    if name.startswith("ES"):
        return f"{message.decode()}.{b64(raw(key.sign(message, ec.ECDSA(digest)), key))}"
    pad = padding.PKCS1v15() if name.startswith("RS") else padding.PSS(padding.MGF1(digest), digest.digest_size)
    return f"{message.decode()}.{b64(key.sign(message, pad, digest))}"


def raw(der: bytes, key) -> bytes:
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in utils.decode_dss_signature(der))


def header(name: str = "RS256", **changes) -> bytes:
    fields = {"alg": name, "kid": f"key-{name}", "typ": "JWT"} | changes
    return json.dumps({key: value for key, value in fields.items() if value is not Ellipsis}).encode()


def payload(**changes) -> bytes:
    return json.dumps(claims(**changes)).encode()


def with_signature(text: str, change) -> str:
    head, body, signature = text.split(".")
    return f"{head}.{body}.{b64(change(unb64(signature)))}"


vectors = []


def add(reason: str | None, name: str, text: str, tenants: int = 1, note: str | None = None):
    """Adds a vector, and holds it against what PyJWT decides; `note` says why it may decide otherwise."""
    agrees = accepted_by_pyjwt(text) == (reason in (None, "tenants"))
    if not agrees and note is None:
        raise SystemExit(f"PyJWT decides otherwise: {name}")
    vector = {"name": name, "token": text, "accepted": reason is None, "reason": reason, "tenants": tenants}
    vectors.append(vector | ({} if agrees else {"note": note}))


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


def accepted_by_pyjwt(text: str) -> bool:
    try:
        head = jwt.get_unverified_header(text)
        name = next(name for name in KEYS if f"key-{name}" == head["kid"])
        key = KEYS[name].public_key()
        with mock.patch("jwt.api_jwt.datetime", Frozen):
            jwt.decode(text, key, algorithms=[name], leeway=5,
                       audience=AUDIENCE if "aud" in jwt.decode(text, options={"verify_signature": False}) else None)
        return True
    except Exception:
        return False


for name in KEYS:
    add(None, f"{name} is accepted", token(name))
    add("signature", f"{name} with a changed signature", with_signature(token(name), lambda s: s[:-1] + bytes([s[-1] ^ 1])))
    add("signature", f"{name} with a signature that is cut", with_signature(token(name), lambda s: s[:-1]))
    add("signature", f"{name} with a signature that is too long", with_signature(token(name), lambda s: s + b"\0"))
    add("malformed", f"{name} without a signature", token(name).rsplit(".", 1)[0] + ".")
    head, body, signature = token(name).split(".")
    add("signature", f"{name} with another payload", f"{head}.{b64(payload(sub='other'))}.{signature}")
    add("signature", f"{name} with another header", f"{b64(header(name, typ='at+jwt'))}.{body}.{signature}")
for name in CURVES:
    key = KEYS[name]
    size = (key.curve.key_size + 7) // 8
    add("signature", f"{name} with a signature in DER", with_signature(token(name), lambda s, size=size:
        utils.encode_dss_signature(int.from_bytes(s[:size], "big"), int.from_bytes(s[size:], "big"))))
    add("signature", f"{name} with zeros as a signature", with_signature(token(name), lambda s: bytes(len(s))))
    add("signature", f"{name} with r of zero", with_signature(token(name), lambda s, size=size: bytes(size) + s[size:]))
    add("signature", f"{name} with s of ones", with_signature(token(name), lambda s, size=size: s[:size] + b"\xff" * size))

hmac_key = KEYS["RS256"].public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
message = f"{b64(header(alg='HS256'))}.{b64(payload())}"
hmac_signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(message.encode(), hmac_key)
add("algorithm", "HS256 with the public key as its secret", f"{message}.{b64(hmac_signature)}")
add("algorithm", "none without a signature", f"{b64(header(alg='none'))}.{b64(payload())}.")
add("algorithm", "none with a signature", signed("RS256", header(alg="none"), payload()))
add("algorithm", "an algorithm in lower case", signed("RS256", header(alg="rs256"), payload()))
add("algorithm", "RS384 for a key of RS256", signed("RS384", header("RS384", kid="key-RS256"), payload()))
add("algorithm", "PS256 for a key of RS256", signed("PS256", header("PS256", kid="key-RS256"), payload()))
add("algorithm", "ES256 for a key of RS256", signed("ES256", header("ES256", kid="key-RS256"), payload()))
add("algorithm", "no algorithm", signed("RS256", header(alg=...), payload()))
add("algorithm", "an algorithm that is no text", signed("RS256", header(alg=5), payload()))
add("key", "an unknown key", signed("RS256", header(kid="nobody"), payload()))
add("key", "no key", signed("RS256", header(kid=...), payload()))
add("key", "an empty key", signed("RS256", header(kid=""), payload()))
add("key", "a key that is no text", signed("RS256", header(kid=5), payload()))
add("signature", "the signature of another key", signed("RS256", header("RS512", kid="key-RS512", alg="RS512"), payload()))
add("malformed", "a critical extension", signed("RS256", header(crit=["exp"], exp=1), payload()))
add("malformed", "an unencoded payload", signed("RS256", header(b64=False), payload()),
    note="b64 counts only with crit (RFC 7797 section 6), but whoever sends it means something else by the payload")

add(None, "expired 4 s ago", token(payload=claims(exp=NOW - 4)))
add("expired", "expired 5 s ago", token(payload=claims(exp=NOW - 5)))
add("expired", "expired 10 s ago", token(payload=claims(exp=NOW - 10)))
add(None, "an expiry with a fraction", token(payload=claims(exp=NOW + 0.5)))
add(None, "no expiry", token(payload=claims(exp=...)))
add(None, "valid from 4 s ahead", token(payload=claims(nbf=NOW + 4)))
add("notYetValid", "valid from 100 s ahead", token(payload=claims(nbf=NOW + 100)))
add(None, "issued 4 s ahead", token(payload=claims(iat=NOW + 4)))
add("notYetValid", "issued 100 s ahead", token(payload=claims(iat=NOW + 100)))
add(None, "any issuer", token(payload=claims(iss="https://elsewhere")))
for name in ["exp", "nbf", "iat"]:
    for label, value in {"null": None, "true": True, "a list": [NOW], "an object": {}}.items():
        note = None
        if value is True:
            note = "true is no NumericDate (RFC 7519 section 2), and 1 only to Python"
        add("malformed", f"{name} is {label}", signed("RS256", header(), payload(**{name: value})), note=note)
    add("malformed", f"{name} is a text", signed("RS256", header(), payload(**{name: str(NOW - 1 if name != 'exp' else NOW + 9)})),
        note="a text is no NumericDate (RFC 7519 section 2)")
add("malformed", "an expiry beyond all numbers", signed("RS256", header(), payload().replace(b"%d" % (NOW + 600), b"1e400")))
add("malformed", "an expiry that is no number", signed("RS256", header(), payload().replace(b"%d" % (NOW + 600), b"NaN")))

add(None, "the audience", token(payload=claims(aud=AUDIENCE)))
add(None, "the audience among others", token(payload=claims(aud=["other", AUDIENCE])))
add(None, "no audience", token())
add("audience", "another audience", token(payload=claims(aud="other")))
add("audience", "a list of other audiences", token(payload=claims(aud=["other"])))
add("audience", "a beginning of the audience", token(payload=claims(aud=AUDIENCE[:-1])))
for label, value in {"a number": 1, "an object": {}, "null": None, "an empty list": []}.items():
    add("audience", f"the audience is {label}", signed("RS256", header(), payload(aud=value)),
        note=None if value == 1 else "nobody is named, which is not the same as no audience")

add("tenants", "no tenants", token(payload=claims(tenants=...)), 0)
for label, value, count in [("none", {}, 0), ("two", {"a": {}, "b": {}}, 2), ("null", None, 0), ("a list", ["a"], 0),
                            ("a text", "a", 0), ("a number", 1, 0)]:
    add("tenants", f"the tenants are {label}", token(payload=claims(tenants=value)), count)

good = token()
head, body, signature = good.split(".")
add("malformed", "nothing", "")
add("malformed", "only dots", "..")
add("malformed", "two parts", f"{head}.{body}")
add("malformed", "four parts", f"{good}.{signature}")
add("malformed", "five parts", f"{head}..{body}.{signature}.{signature}")
add("malformed", "no header", f".{body}.{signature}")
add("malformed", "no payload", f"{head}..{signature}")
for label, text in {"padding": f"{good}=", "a blank": f"{good} ", "a line's end": f"{good}\n",
                    "a blank in front": f" {good}"}.items():
    add("malformed", f"{label} with it", text, note="base64url has one form (RFC 7515 section 2)")
add("malformed", "the other alphabet", f"{head}.{body}.{base64.b64encode(unb64(signature)).decode().rstrip('=')}",
    note="base64url has one form (RFC 7515 section 2)")
last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
add("malformed", "bits behind the last byte", good[:-1] + last[last.index(good[-1]) + 1],
    note="base64url has one form (RFC 7515 section 2)")
add("malformed", "a header that is no JSON", signed("RS256", b"{alg}", payload()))
add("malformed", "a header that is a list", signed("RS256", b"[]", payload()))
add("malformed", "a payload that is no JSON", signed("RS256", header(), b"{"))
add("malformed", "a payload that is a list", signed("RS256", header(), b"[]"))
add("malformed", "a payload that is no UTF-8", signed("RS256", header(), b'{"a":"\xff"}'))
add("malformed", "a payload in UTF-16", signed("RS256", header(), payload().decode().encode("utf-16-le")),
    note="the payload is UTF-8 (RFC 7519 section 7.2)")
add("malformed", "a payload with a byte order mark", signed("RS256", header(), b"\xef\xbb\xbf" + payload()),
    note="the payload is JSON without a byte order mark (RFC 8259 section 8.1)")
add(None, "of an algorithm that is named twice the last counts", signed(
    "RS256", b'{"alg":"none","alg":"RS256","kid":"key-RS256"}', payload()))

print(json.dumps({"now": NOW, "audience": AUDIENCE, "keys": [jwk(name) for name in KEYS], "vectors": vectors}, indent=1))
