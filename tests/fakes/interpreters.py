"""Karmada's admission of interpreters: one customization for each version, kind and operation.

As pkg/webhook/resourceinterpretercustomization does it.
"""

import msgspec

from tests.fakes.webhook import Webhook

CUSTOMIZATIONS = "/apis/config.karmada.io/v1alpha1/resourceinterpretercustomizations"
CONFIGURATIONS = "/apis/config.karmada.io/v1alpha1/resourceinterpreterwebhookconfigurations"


def customization(name, api_version, kind, **scripts):
    """A user's customization; the scripts by their fields."""
    return {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterCustomization",
        "metadata": {"name": name},
        "spec": {
            "target": {"apiVersion": api_version, "kind": kind},
            "customizations": {field: {"luaScript": script} for field, script in scripts.items()},
        },
    }


def webhooks(name, *, groups, versions, kinds, operations):
    """A user's configuration with one interpreter webhook."""
    rule = {"apiGroups": groups, "apiVersions": versions, "kinds": kinds, "operations": operations}
    return {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [{"name": f"{name}.example.com", "rules": [rule]}],
    }


def admission(server):
    """Karmada's webhook on customizations."""
    return Webhook(
        "resourceinterpretercustomization.karmada.io", frozenset({"resourceinterpretercustomizations"}), _On(server)
    )


class _On:
    def __init__(self, server):
        self.server = server

    def __call__(self, review):
        request = msgspec.json.decode(review)["request"]
        new = request["object"]
        response = {"uid": request["uid"], "allowed": True}
        for path, other in self.server.objects.items():
            if not path.startswith(f"{CUSTOMIZATIONS}/") or other["metadata"]["name"] == new["metadata"]["name"]:
                continue
            shared = operations(other) & operations(new)
            if other["spec"]["target"] == new["spec"]["target"] and shared:
                message = (
                    f"conflicting with InterpreterOperation({min(shared)}) of existing {other['metadata']['name']}"
                )
                response |= {"allowed": False, "status": {"code": 403, "message": message}}
        return msgspec.json.encode({"response": response})


def operations(thing):
    """The operations that a customization handles, without those that several may handle."""
    rules = thing["spec"]["customizations"]
    return {field for field, rule in rules.items() if rule.get("luaScript") and field != "dependencyInterpretation"}
