"""CronJobs: three versions of one shape, and the limits that v2alpha1 does not fill in."""


def test_cron_jobs_of_v2alpha1_keep_the_limits_of_v1beta1(shipped):
    given = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily"}}
    spec = shipped.convert(given, to="batch/v2alpha1").manifest["spec"]
    assert spec == {"schedule": "@daily", "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    assert shipped.convert(given, to="batch/v1beta1").manifest["spec"] == given["spec"]
