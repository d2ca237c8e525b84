"""KEDA: triggers, whose fields no schema lists, and what v1 or v2 alone can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "v2.18.0"
OLD_VERSION: Final = "v1.5.0"

_SHARED: Final[tuple[dict[str, Any], ...]] = (
    {"type": "cron", "metadata": {"timezone": "Etc/UTC", "start": "0 6 * * *", "end": "0 8 * * *"}},
    {"type": "prometheus", "name": "rate", "metadata": {"serverAddress": "http://prometheus:9090", "threshold": "5"}},
    {"type": "kafka", "metadata": {"bootstrapServers": "kafka:9092", "topic": "jobs", "lagThreshold": "7"}},
    {"type": "external", "metadata": {"scalerAddress": "scaler:9090"}},
    {"type": "liiklus", "metadata": {"address": "liiklus:6565", "topic": "jobs", "group": "web"}},
)
_OLD: Final[tuple[dict[str, Any], ...]] = (
    {"type": "azure-blob", "metadata": {"blobContainerName": "jobs"}},
    {"type": "azure-queue", "metadata": {"queueName": "jobs", "connection": "QUEUE"}},
    {"type": "azure-eventhub", "metadata": {"connection": "HUB", "storageConnection": "STORE"}},
    {"type": "azure-servicebus", "metadata": {"queueName": "jobs", "queueLength": "3", "connection": "BUS"}},
    {"type": "azure-monitor", "metadata": {"activeDirectoryClientId": "ID", "activeDirectoryClientPassword": "PW"}},
    {"type": "aws-sqs-queue", "metadata": {"queueURL": "https://sqs.example.com/jobs", "awsRegion": "eu-west-1"}},
    {"type": "aws-cloudwatch", "metadata": {"awsAccessKeyID": "KEY", "awsSecretAccessKey": "SECRET"}},
    {"type": "gcp-pubsub", "metadata": {"subscriptionName": "jobs", "subscriptionSize": "4", "credentials": "GCP"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "host": "RABBIT"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "apiHost": "API", "includeUnacked": "true"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "apiHost": "API", "host": "RABBIT", "includeUnacked": "0"}},
    {"type": "redis", "metadata": {"listName": "jobs", "host": "REDIS", "port": "PORT", "password": "PW"}},
    {"type": "redis-streams", "metadata": {"stream": "jobs", "address": "REDIS"}},
    {"type": "mysql", "metadata": {"query": "SELECT 1", "queryValue": "1", "connectionString": "DB"}},
    {"type": "postgresql", "metadata": {"query": "SELECT 1", "connection": "DB", "password": "PW"}},
    {"type": "artemis-queue", "metadata": {"queueName": "jobs", "username": "USER", "password": "PW"}},
)
_NEW: Final[tuple[dict[str, Any], ...]] = (
    {"type": "azure-blob", "metadata": {"blobContainerName": "jobs", "connectionFromEnv": "BLOB"}},
    {"type": "azure-queue", "metadata": {"queueName": "jobs"}, "authenticationRef": {"name": "azure"}},
    {"type": "azure-eventhub", "metadata": {"connectionFromEnv": "HUB", "storageConnectionFromEnv": "STORE"}},
    {"type": "azure-servicebus", "metadata": {"queueName": "jobs", "messageCount": "3", "connectionFromEnv": "BUS"}},
    {"type": "aws-sqs-queue", "metadata": {"queueURL": "https://sqs.example.com/jobs", "awsAccessKeyIDFromEnv": "KEY"}},
    {"type": "gcp-pubsub", "metadata": {"subscriptionName": "jobs", "credentialsFromEnv": "GCP"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "hostFromEnv": "RABBIT", "protocol": "amqp"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "hostFromEnv": "RABBIT", "protocol": "http"}},
    {"type": "rabbitmq", "metadata": {"queueName": "jobs", "hostFromEnv": "RABBIT", "protocol": "auto"}},
    {"type": "redis", "metadata": {"listName": "jobs", "hostFromEnv": "REDIS", "portFromEnv": "PORT"}},
    {"type": "mysql", "metadata": {"query": "SELECT 1", "connectionStringFromEnv": "DB", "passwordFromEnv": "PW"}},
    {"type": "redis", "metadata": {"listName": "jobs", "address": "redis:6379"}},
    {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "50"}},
)


def _lists(triggers: tuple[dict[str, Any], ...]) -> tuple[list[dict[str, Any]], ...]:
    """Make lists of one trigger each, and some of several."""
    singles = [[one] for one in (*_SHARED, *triggers)]
    return (*singles, [_SHARED[0], triggers[1]], [*triggers[2:5], _SHARED[2]])


WORDS: Final[Mapping[str, tuple[Any, ...]]] = {
    r"^keda\.k8s\.io/\w+\.ScaledObject\.spec\.triggers$": _lists(_OLD),
    r"^keda\.sh/\w+\.ScaledObject\.spec\.triggers$": _lists(_NEW),
    r"^v1alpha1\.ScaledObject\.spec\.scaleType$": ("deployment",),
    r"^v1alpha1\.ScaledObject\.spec\.scaleTargetRef\.kind$": ("Deployment", "Deployment", "Deployment", "StatefulSet"),
    r"^v1alpha1\.ScaledObject\.spec\.scaleTargetRef\.apiVersion$": ("apps/v1",),
    r"^v1alpha1\.TriggerAuthentication\.spec\.podIdentity\.provider$": ("none", "gcp", "aws-eks"),
    r"^v1alpha1\.TriggerAuthentication\.spec\.hashiCorpVault\.authentication$": ("token", "kubernetes"),
}
"""Values, by a pattern of the version, the kind and the path."""

NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    r"^spec$": ("scaleTargetRef", "secretTargetRef"),
    r"^spec\.scaleTargetRef$": ("name", "deploymentName"),
}
"""Fields without which an object scales nothing."""

_OTHER: Final = frozenset(
    {
        "jobTargetRef",
        "awsSecretManager",
        "azureKeyVault",
        "boundServiceAccountToken",
        "configMapTargetRef",
        "gcpSecretManager",
    }
)
"""What the other version of KEDA does by other kinds, or not at all."""


def is_valid(manifest: dict[str, Any]) -> bool:
    """Whether the other version of KEDA can do what an object says; tests/rules/test_keda.py has the others."""
    return not _OTHER & (manifest.get("spec") or {}).keys()
