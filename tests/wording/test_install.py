"""The words of an installation: each error and each problem says what to do."""

from converter.install.flow import DowngradeError
from converter.install.progress import Availability, NotRunningError, reasons_of
from converter.install.rights import Right, RightsError
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
