"""The command line: build binaries, list them, start fleets and servers, stop them."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from tests.controlplanes import build, holding, kubeconfig, pins, toolchain
from tests.controlplanes.errors import HarnessError
from tests.controlplanes.fleet import LIVE_CONTROLLER_MANAGER, MEMBERS, QUICK, Fleet, MemberSpec, programs
from tests.controlplanes.karmada import VERSION
from tests.controlplanes.places import Places
from tests.controlplanes.servers import RELEASES, ApiServers

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Real control planes on one machine, as processes on 127.0.0.1, without containers.

Environment: CONVERTER_TEST_CACHE names the cache of built binaries (default: a folder of the user's cache);
CONVERTER_TEST_ASSETS names a folder of ready binaries (kube-apiserver-1.36.3, etcd-3.5.1, ...) to use instead."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0 good, 1 failed (the message says why), 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        options.act(options)
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.controlplanes",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("build", help="build binaries into the cache; what is there already is left")
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a binary (kube-apiserver-1.36.3) or a module (karmada-1.18.2); default: what `make e2e` needs",
    )
    more = command.add_mutually_exclusive_group()
    more.add_argument("--all", action="store_true", help="all of the table")
    more.add_argument("--quick", action="store_true", help="only what `make e2e-quick` needs")
    command.set_defaults(act=_build)

    command = commands.add_parser("list", help="list the binaries, and where those lie that are there")
    command.set_defaults(act=_list)

    command = commands.add_parser("servers", help="start plain API servers, and leave them running until Ctrl-C")
    command.add_argument("releases", nargs="*", metavar="RELEASE", default=list(RELEASES), help="for instance 1.20")
    command.set_defaults(act=_servers)

    for name, text in (
        ("karmada", "start Karmada with members of five releases and the converter, until Ctrl-C"),
        ("up", "the same with members of one's choice"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--version", default=VERSION, help="Karmada's (default: %(default)s)")
        command.add_argument("--detach", action="store_true", help="leave it in the background; `down` stops it")
        command.add_argument("--bare", action="store_true", help="without the converter")
        if name == "up":
            command.add_argument(
                "--members",
                nargs="+",
                type=member,
                metavar="NAME=RELEASE[,pull]",
                required=True,
                help="for instance new=1.36 old=1.20 edge=1.20,pull",
            )
        command.set_defaults(act=_fleet, members=MEMBERS)

    command = commands.add_parser("down", help="stop all that was left running by this checkout")
    command.set_defaults(act=_down)
    return parser


def member(text: str) -> MemberSpec:
    """Read ``NAME=RELEASE[,pull]``.

    Raises:
        argparse.ArgumentTypeError: it is not written so, or the release is not in the table of pins.
    """
    name, _, rest = text.partition("=")
    release, _, how = rest.partition(",")
    if not name or not release or how not in ("", "pull"):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=RELEASE or NAME=RELEASE,pull")
    try:
        pins.release("kube-apiserver", release)
    except HarnessError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return MemberSpec(name, release, pull=how == "pull")


def _build(options: argparse.Namespace) -> None:
    places = Places.from_environment()
    names = _wanted(options)
    for tool in (toolchain.etcd, toolchain.kubectl, *(() if options.names or options.quick else (toolchain.helm,))):
        print(tool(places))
    for module in pins.MODULES:
        wanted = [name for name in names if pins.module_of(name) == module]
        missing = [name for name in wanted if places.find(name) is None]
        if missing:
            print(f"building {', '.join(missing)} (log: {places.log(module.name)})", flush=True)
        for path in build.binaries(places, wanted).values():
            print(path, flush=True)
    for version in sorted({pins.module_of(name).version for name in names if name.startswith("karmada-webhook")}):
        print(build.karmada_files(places, version))


def _wanted(options: argparse.Namespace) -> list[str]:
    """The binaries that the command line asks for, in the order of the table unless it names them."""
    if options.names:
        return _chosen(options.names)
    if options.all:
        return pins.names()
    needed = set(programs(QUICK, VERSION)) if options.quick else _needed()
    return [name for name in pins.names() if name in needed]


def _chosen(names: Sequence[str]) -> list[str]:
    """Binaries by their names or by their modules' names."""
    modules = {module.name: [module.binary(name) for name in module.binaries] for module in pins.MODULES}
    return [binary for name in names for binary in modules.get(name, [name])]


def _needed() -> set[str]:
    """What integration and e2e tests need."""
    servers = [f"kube-apiserver-{pins.release('kube-apiserver', release)}" for release in RELEASES]
    live, release = LIVE_CONTROLLER_MANAGER
    more = {f"{live}-{pins.release(live, release)}", f"karmadactl-{VERSION}"}
    return {*servers, *programs(MEMBERS, VERSION), *more}


def _list(options: argparse.Namespace) -> None:
    places = Places.from_environment()
    for name in (f"etcd-{pins.ETCD_VERSION}", "kubectl", *pins.names()):
        print(f"{name:40} {places.find(name) or shutil.which(name) or '-'}")


def _servers(options: argparse.Namespace) -> None:
    servers = ApiServers.open()
    with holding.held(servers):
        for release, server in servers.start(*options.releases).items():
            print(f"v{release:6} {server.url}  KUBECONFIG={server.kubeconfig}", flush=True)
        holding.wait(servers.world.run)


def _fleet(options: argparse.Namespace) -> None:
    if options.detach:
        holding.detach([argument for argument in sys.argv[1:] if argument != "--detach"])
        return
    fleet = Fleet.open(options.members, version=options.version)
    with holding.held(fleet):
        for name, path in fleet.kubeconfigs().items():
            release = fleet.members[name].server.version if name in fleet.members else f"Karmada {options.version}"
            print(f"{name:8} {release:15} export KUBECONFIG={path}", flush=True)
        merged = kubeconfig.merge(fleet.world.run.folder / "fleet.kubeconfig", fleet.kubeconfigs())
        print(f"all of them, each as a context of its name: export KUBECONFIG={merged}", flush=True)
        print(f"logs and keys: {fleet.world.run.folder}", flush=True)
        if not options.bare:
            _install(fleet)
        holding.wait(fleet.world.run)


def _install(fleet: Fleet) -> None:
    """Put the converter into a fleet, as the e2e tests do, and say how to look at it."""
    from tests.e2e.installation import Installation  # noqa: PLC0415 - the harness stands without the converter

    rules = fleet.world.run.folder / "rules"
    rules.mkdir()
    installed = Installation(fleet, rules=rules)
    health = f"http://127.0.0.1:{installed.health_ports['admission']}"
    print(f"the converter is installed; health and metrics: {health}/readyz, {health}/metrics", flush=True)
    print(f"rules of yours, taken up within two seconds: {rules}", flush=True)
    words = ["--kubeconfig", str(fleet.karmada.apiserver.kubeconfig), *installed.addresses]
    print(f"look at it: {shlex.join([sys.executable, '-m', 'converter', 'status', *words])}", flush=True)
    pages = [sys.executable, "-m", "converter", "dashboard", "--anonymous", *words[:2]]
    print(f"look at the fleet: {shlex.join(pages)}", flush=True)


def _down(options: argparse.Namespace) -> None:
    stopped = holding.stop_all(Places.from_environment())
    print(f"stopped {stopped}")
