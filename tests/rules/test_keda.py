"""KEDA: kinds that moved from keda.k8s.io to keda.sh. No program converts them, so its types and its guide judge."""

import pytest

from converter.errors import RefusedError

OLD, NEW = "keda.k8s.io/v1alpha1", "keda.sh/v1alpha1"
TRIGGER = {"type": "cron", "metadata": {"start": "0 6 * * *"}}


def scaled(version, **spec):
    return {"apiVersion": version, "kind": "ScaledObject", "metadata": {"name": "web"}, "spec": spec}


def triggered(version, kind, **metadata):
    target = {"name" if version == NEW else "deploymentName": "web"}
    return scaled(version, scaleTargetRef=target, triggers=[{"type": kind, "metadata": metadata}])


def parameter(name):
    return {"parameter": name, "name": "kafka", "key": "k"}


def authentication(version, **spec):
    return {"apiVersion": version, "kind": "TriggerAuthentication", "metadata": {"name": "web"}, "spec": spec}


def test_a_scaled_object_of_v1_names_its_target_in_another_way(shipped):
    target = {"deploymentName": "web", "containerName": "app"}
    given = scaled(OLD, scaleTargetRef=target, triggers=[TRIGGER], maxReplicaCount=5)
    made = shipped.convert(given, to=NEW)
    target = {"name": "web", "envSourceContainerName": "app"}
    assert made.manifest == scaled(NEW, scaleTargetRef=target, triggers=[TRIGGER], maxReplicaCount=5)
    assert not made.losses
    assert shipped.convert(made.manifest, to=OLD, conversion_data=made.conversion_data).manifest == given


def test_what_v1_lacks_is_reported_and_comes_back(shipped):
    given = scaled(
        NEW, scaleTargetRef={"name": "web"}, triggers=[TRIGGER], fallback={"replicas": 2}, idleReplicaCount=0
    )
    made = shipped.convert(given, to=OLD)
    assert made.manifest == scaled(OLD, scaleTargetRef={"deploymentName": "web"}, triggers=[TRIGGER])
    assert {loss.path for loss in made.losses} == {"spec.fallback", "spec.idleReplicaCount"}
    assert shipped.convert(made.manifest, to=NEW, conversion_data=made.conversion_data).manifest == given


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        # The table of KEDA's guide: v1 reads names of environment variables, and some that nobody names.
        ("azure-blob", {"connection": "A"}, {"connectionFromEnv": "A"}),
        ("azure-queue", {}, {"connectionFromEnv": "AzureWebJobsStorage"}),
        ("azure-servicebus", {"connection": "A", "queueLength": "3"}, {"connectionFromEnv": "A", "messageCount": "3"}),
        ("azure-eventhub", {}, {"storageConnectionFromEnv": "AzureWebJobsStorage", "connectionFromEnv": "EventHub"}),
        ("azure-monitor", {"activeDirectoryClientId": "A"}, {"activeDirectoryClientIdFromEnv": "A"}),
        (
            "aws-sqs-queue",
            {"awsAccessKeyID": "A"},
            {"awsAccessKeyIDFromEnv": "A", "awsSecretAccessKeyFromEnv": "AWS_SECRET_ACCESS_KEY"},
        ),
        ("redis", {"host": "A", "port": "B", "password": "C"},
         {"hostFromEnv": "A", "portFromEnv": "B", "passwordFromEnv": "C"}),
        ("redis-streams", {"address": "A"}, {"addressFromEnv": "A"}),
        ("gcp-pubsub", {"credentials": "A"}, {"credentialsFromEnv": "A"}),
        ("postgresql", {"connection": "A", "password": "B"}, {"connectionFromEnv": "A", "passwordFromEnv": "B"}),
        ("mysql", {"connectionString": "A", "password": "B"},
         {"connectionStringFromEnv": "A", "passwordFromEnv": "B"}),
        ("rabbitmq", {"host": "A", "apiHost": "B", "includeUnacked": "0"},
         {"hostFromEnv": "A", "apiHost": "B", "protocol": "amqp"}),
        ("rabbitmq", {"apiHost": "A", "includeUnacked": "true"}, {"hostFromEnv": "A", "protocol": "http"}),
        ("rabbitmq", {"host": "A"}, {"hostFromEnv": "A"}),
        ("kafka", {"bootstrapServers": "a:9092"}, {"bootstrapServers": "a:9092"}),
        ("azure-pipelines-like", {"connection": "A"}, {"connection": "A"}),
    ],
)  # fmt: skip
def test_the_metadata_of_a_trigger_say_the_same(kind, old, new, shipped):
    given = triggered(OLD, kind, **old)
    made = shipped.convert(given, to=NEW)
    assert made.manifest == triggered(NEW, kind, **new)
    assert shipped.convert(made.manifest, to=OLD, conversion_data=made.conversion_data).manifest == given
    back = shipped.convert(triggered(NEW, kind, **new), to=OLD).manifest
    assert shipped.convert(back, to=NEW).manifest == triggered(NEW, kind, **new)


@pytest.mark.parametrize(
    ("given", "to", "path"),
    [
        (scaled(OLD, scaleType="job", triggers=[TRIGGER]), NEW, "spec.scaleType"),
        (scaled(OLD, jobTargetRef={"parallelism": 1}, triggers=[TRIGGER]), NEW, "spec.jobTargetRef"),
        (scaled(OLD, triggers=[TRIGGER]), NEW, "spec.scaleTargetRef"),
        (authentication(OLD, podIdentity={"provider": "unknown"}), NEW, "spec.podIdentity.provider"),
        (scaled(NEW, scaleTargetRef={"kind": "StatefulSet", "name": "db"}), OLD, "spec.scaleTargetRef.kind"),
        (authentication(NEW, podIdentity={"provider": "azure-workload"}), OLD, "spec.podIdentity.provider"),
        (authentication(OLD, podIdentity={"provider": "aws-kiam"}), NEW, "spec.podIdentity.provider"),
        (authentication(NEW, azureKeyVault={"vaultUri": "https://a"}), OLD, "spec.azureKeyVault"),
        (scaled(NEW, scaleTargetRef={"kind": "Anything", "name": "db"}), OLD, "spec.scaleTargetRef.kind"),
        (triggered(NEW, "cpu", value="50"), OLD, "spec.triggers[0].type"),
        (triggered(NEW, "redis", address="redis:6379"), OLD, "spec.triggers[0].metadata.address"),
        (triggered(NEW, "rabbitmq", host="amqp://rabbit"), OLD, "spec.triggers[0].metadata.host"),
        (triggered(NEW, "rabbitmq", mode="MessageRate", value="5"), OLD, "spec.triggers[0].metadata.mode"),
        (triggered(OLD, "kafka", brokerList="kafka:9092"), NEW, "spec.triggers[0].metadata.brokerList"),
        (authentication(OLD, secretTargetRef=[parameter("authMode")]), NEW, "spec.secretTargetRef[0].parameter"),
        (authentication(OLD, env=[parameter("apiHost")]), NEW, "spec.env[0].parameter"),
        (authentication(NEW, secretTargetRef=[parameter("sasl")]), OLD, "spec.secretTargetRef[0].parameter"),
    ],
)
def test_what_would_scale_something_else_is_refused(shipped, given, to, path):
    with pytest.raises(RefusedError) as error:
        shipped.convert(given, to=to)
    assert error.value.path == path


def test_a_trigger_authentication_is_the_same_in_both(shipped):
    given = authentication(OLD, secretTargetRef=[{"parameter": "p", "name": "db", "key": "k"}])
    assert shipped.convert(given, to=NEW).manifest == {**given, "apiVersion": NEW}
