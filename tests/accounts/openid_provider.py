"""A small OpenID provider at the network's edge: real HTTP, real signed tokens."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "portal", "its secret"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.codes = {}  # code -> what was asked for, and the claims of who signed in
        self.asked = []
        self.wrong = {}  # claims that the next tokens have wrong
        self.key, self.algorithm = KEY, "RS256"

    def sign_in(self, address, /, **claims):
        """As a person does on the provider's page; the parameters with which one comes back."""
        wanted = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert (wanted["client_id"], wanted["response_type"]) == (CLIENT, "code")
        assert wanted["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = wanted, claims
        self.asked.append(wanted)
        return {"code": code, "state": wanted["state"]}

    def token(self, form) -> dict | None:
        wanted, claims = self.codes.pop(form["code"][0], (None, None))
        if wanted is None:
            return None
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            challenge != wanted["code_challenge"]
            or form["redirect_uri"][0] != wanted["redirect_uri"]
        ):
            return None
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now,
                "nonce": wanted["nonce"]} | claims | self.wrong  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        key = "" if self.algorithm == "none" else self.key
        signed = jwt.encode(said, key, self.algorithm, headers={"kid": "one"})
        return {"access_token": "a", "token_type": "Bearer", "id_token": signed}

    def metadata(self) -> dict:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }


def public_key() -> dict:
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {"keys": [found | {"kid": "one", "use": "sig", "alg": "RS256"}]}


@contextmanager
def provider():
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            pages = {"/.well-known/openid-configuration": served.metadata(), "/keys": public_key()}
            self.answer(pages.get(self.path))

        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            basic = "Basic " + base64.b64encode(f"{CLIENT}:its+secret".encode()).decode()
            plain = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            known = self.headers["Authorization"] in (basic, plain)
            self.answer(served.token(form) if known else None)

        def answer(self, said):
            self.send_response(200 if said else 400)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said or {"error": "invalid_grant"}).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    served = Provider(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
