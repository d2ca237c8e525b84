"""The words of an installation: each error and each problem says what to do."""

import datetime as dt

from converter.cli.status import lines
from converter.install.flow import DowngradeError
from converter.install.identities import Identity, TokenProblem
from converter.install.progress import Availability, NotRunningError, reasons_of
from converter.install.rights import Right, RightsError
from converter.install.status import Certificate, InstallationStatus, Process
from converter.install.versions import Versions, check_versions


def waiting(reason):
    status = {"containerStatuses": [{"state": {"waiting": {"reason": reason}}}]}
    (found,) = reasons_of({"metadata": {"name": "converter-admission-1"}, "status": status})
    return found


def test_a_pod_that_does_not_run_names_the_option_or_the_command():
    assert waiting("ImagePullBackOff").endswith(
        "ImagePullBackOff. Check the image with --image, and its registry's credentials with --image-pull-secret"
    )
    assert "run `converter install` again" in waiting("CreateContainerConfigError")
    assert "kubectl logs" in waiting("CrashLoopBackOff")
    assert waiting("SomethingElse") == "Pod converter-admission-1: SomethingElse"


def test_processes_that_do_not_run_leave_karmada_as_it_was():
    error = NotRunningError(90, [Availability("converter-admission", 1, 2)], ["Pod x: Odd"])
    assert "not available after 90 s: converter-admission 1/2. The webhooks of this run are not applied" in str(error)
    assert "with a longer --wait.\n  Pod x: Odd" in str(error)
    assert "Secret converter-tls is empty" in str(NotRunningError(90, [], []))


def test_missing_rights_are_listed_with_what_to_do():
    error = RightsError("Karmada", [Right("create", "", "serviceaccounts/token", "karmada-system")])
    assert "use the kubeconfig of a cluster administrator" in str(error)
    assert "\n  create serviceaccounts/token in karmada-system" in str(error)


def test_a_downgrade_has_a_way_out():
    assert "`converter uninstall`, then install this one" in str(DowngradeError(2, 1))


def test_a_release_below_a_floor_says_which_one_to_use():
    (warning,) = check_versions(Versions("v1.13.6", "v1.36.3", "v1.30.14"))
    assert warning == "Karmada v1.13.6 lacks fixes that the converter relies on; upgrade it to v1.13.7 or newer"


def test_the_state_of_each_thing_is_one_line():
    end = dt.datetime(2026, 5, 1, 12, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    found = InstallationStatus(
        [], [Process(Availability("converter-discovery", 1, 2), "registry.example/c:1", "1")],
        [Identity("controller", "k/converter-controller", "k/s", None, None, TokenProblem.NO_SECRET)],
        [Certificate("CA", end)], trusted=False, services={}, works=7, problems=["it does not run"],
    )  # fmt: skip
    assert list(lines(found)) == [
        "partly     converter-discovery 1, 1 of 2 Pods",
        "PROBLEM    token of k/converter-controller",
        "valid      CA certificate, until 2026-05-01 10:30 UTC",
        "UNTRUSTED  webhooks",
        "7          converted Works",
        "problem: it does not run",
    ]
