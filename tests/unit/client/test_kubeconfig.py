"""Kubeconfigs with mistakes: each is an error that says what is wrong, and that quotes no value of the file."""

import os
import sys

import pytest
import yaml

from converter.cli import FAILED, main
from converter.client import ApiServer
from converter.client.access import AccessError, find_access

CANARY = "c4n4ry"
GOOD = {
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": CANARY}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}


def with_user(**entry):
    return {**GOOD, "users": [{"name": "u", **entry}]}


def with_server(**cluster):
    return {**GOOD, "clusters": [{"name": "c", "cluster": cluster}]}


def plugin(program):
    return with_user(
        user={
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", program],
            }
        }
    )  # fmt: skip


MISTAKES = {
    "a token beside the user": with_user(token=CANARY),
    "a user that is a text": with_user(user=CANARY),
    "a user without content": with_user(user=None, token=CANARY),
    "an auth provider without content": with_user(user={"auth-provider": None, "token": CANARY}),
    "users as a mapping": {**GOOD, "users": {"u": {"token": CANARY}}},
    "a user without a name": {**GOOD, "users": [{"user": {"token": CANARY}}]},
    "no context": {**GOOD, "current-context": ""},
    "another context": {**GOOD, "current-context": "y"},
    "another cluster": {**GOOD, "contexts": [{"name": "x", "context": {"cluster": "d", "user": "u"}}]},
    "a context without content": {**GOOD, "contexts": [{"name": "x"}]},
    "no server": with_server(),
    "a server without https": with_server(server="127.0.0.1:1"),
    "a port only": with_server(server=6443),
    "a CA that is not base64": with_server(server="https://a", **{"certificate-authority-data": f"{CANARY}?"}),
    "a CA that is not PEM": with_server(server="https://a", **{"certificate-authority-data": "YzRuNHJ5"}),
    "a CA that does not exist": with_server(server="https://a", **{"certificate-authority": "nowhere"}),
    "a certificate that is not PEM": with_user(
        user={"client-certificate-data": "YzRuNHJ5", "client-key-data": "YzRuNHJ5"}
    ),
    "a key that is not base64": with_user(user={"client-key-data": f"{CANARY}!", "client-certificate-data": "YQ=="}),
    "a plugin that is not installed": with_user(
        user={"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "env": []}}
    ),
    "a plugin without a command": with_user(user={"exec": {"env": [{"name": "A", "value": CANARY}]}}),
    "a plugin that fails": plugin("import sys; sys.exit(3)"),
    "a plugin that says something else": plugin(f"print('{CANARY}')"),
    "a plugin without credentials": plugin(
        'print(\'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}\')'
    ),
    "a text": CANARY,
    "a list": [CANARY],
    "nothing": None,
    "another object": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": CANARY}},
}
TEXTS = {
    "an open bracket": f"users: [{CANARY}",
    "a tab": f"a:\n\t{CANARY}: b",
    "one key twice": f"users: []\nusers: [{{name: {CANARY}}}]",
    "not UTF-8": b"\xff\xfe\xff" + CANARY.encode(),
    "two documents": f"a: {CANARY}\n---\nb: {CANARY}",
}


@pytest.mark.parametrize("content", [*MISTAKES.values(), *TEXTS.values()], ids=[*MISTAKES, *TEXTS])
async def test_a_mistake_is_reported_without_a_value_of_the_file(content, tmp_path):
    file = tmp_path / "config"
    text = content if content in TEXTS.values() else yaml.safe_dump(content)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AccessError) as caught:
        await ApiServer.connect(file)
    assert str(file) in str(caught.value)
    assert CANARY not in str(caught.value)


def test_the_command_line_says_it_once(tmp_path, capfd):
    assert main(["losses", "--kubeconfig", str(tmp_path / "nowhere")]) == FAILED
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("converter: ")


async def test_of_several_files_the_first_one_counts(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    server = with_server(server="https://first:1")
    first.write_text(yaml.safe_dump({"clusters": server["clusters"], "users": None}))
    other = {**GOOD, "contexts": [*GOOD["contexts"], {"name": "other", "context": {"cluster": "c"}}]}
    second.write_text(yaml.safe_dump(other))
    both = os.pathsep.join((str(first), str(second), str(tmp_path / "nowhere")))
    access = await find_access(both)
    assert access.configuration.host == "https://first:1"
    assert access.credentials.token == CANARY
    assert (await find_access(both, "other")).credentials.token == ""


async def test_a_plugin_s_client_certificate_is_used(tmp_path):
    file = tmp_path / "config"
    status = '"status":{"clientCertificateData":"CERT","clientKeyData":"KEY"}'
    file.write_text(yaml.safe_dump(plugin(
        f"print('{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",{status}}}')"
    )))  # fmt: skip
    configuration = (await find_access(file)).configuration
    with open(configuration.cert_file) as cert, open(configuration.key_file) as key:  # noqa: ASYNC230, PTH123
        assert (cert.read(), key.read()) == ("CERT", "KEY")
