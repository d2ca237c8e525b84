"""An API server in memory that issues and reviews tokens of ServiceAccounts, as far as the project asks it to."""

import base64
import json
import uuid

import msgspec

from converter.client.clock import timestamp
from converter.install.manifests import user_name
from tests.fakes.apiserver import FakeApiServer

REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"


class TokenServer(FakeApiServer):
    """Grants at most ``longest`` seconds. A token ends with its time, or with its account."""

    def __init__(self, now, longest=10**9):
        super().__init__()
        self.now = now
        self.longest = longest
        self.issued = {}
        self.remembers = False  # as a real one does for ten seconds: a token of a deleted account is accepted
        self.collections |= {"secrets", "serviceaccounts"}

    async def create(self, path, body):
        if path == REVIEWS:
            self._maybe_fail("POST", path)
            return msgspec.json.encode({**body, "status": self._review(body["spec"]["token"])})
        if path.endswith("/token"):
            await self._before("POST", path)
            return msgspec.json.encode({**body, "status": self._grant(path, body["spec"]["expirationSeconds"])})
        return await super().create(path, body)

    def expire(self, token):
        """Stop accepting a token."""
        del self.issued[token]

    def _grant(self, path, seconds):
        account = self._find("POST", path.removesuffix("/token"))["metadata"]
        begin = int(self.now().timestamp())
        end = begin + min(seconds, self.longest)
        user = user_name(account["namespace"], account["name"])
        claims = {
            "iat": begin, "exp": end, "sub": user, "jti": str(uuid.uuid4()),
            "kubernetes.io": {"serviceaccount": {"uid": account["uid"]}},
        }  # fmt: skip
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token = f"e30.{payload}.c2ln"
        self.issued[token] = (end, user, account["uid"])
        moment = self.now().fromtimestamp(end, self.now().tzinfo)
        return {"token": token, "expirationTimestamp": timestamp(moment)}

    def _review(self, token):
        end, user, uid = self.issued.get(token, (0, "", ""))
        accounts = {thing["metadata"]["uid"] for path, thing in self.objects.items() if "/serviceaccounts/" in path}
        if self.now().timestamp() >= end or (uid not in accounts and not self.remembers):
            return {"user": {}, "error": "[invalid bearer token]"}
        return {"authenticated": True, "user": {"username": user, "uid": uid}}
