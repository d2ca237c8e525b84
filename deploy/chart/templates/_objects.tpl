{{/* The ServiceAccount of a Deployment. Arguments: root; name; values; labelled (whether it has the component label). */}}
{{- define "converter.serviceAccount" -}}
{{- if .values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "converter.metadata" (dict "root" .root "name" (include "converter.serviceAccountName" .)
      "annotations" .values.serviceAccount.annotations) | nindent 2 }}
automountServiceAccountToken: false
---
{{- end }}
{{- end }}

{{/* What a Deployment's spec begins with. Arguments: root; name; values. */}}
{{- define "converter.deployment" -}}
replicas: {{ .values.replicas }}
revisionHistoryLimit: {{ .root.Values.revisionHistoryLimit }}
selector:
  matchLabels: {{- include "converter.selector" .name | nindent 4 }}
{{- with .values.strategy }}
strategy: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The metadata of a Deployment's Pods. Arguments: root; name; values. */}}
{{- define "converter.podMetadata" -}}
labels:
  {{- toYaml (merge (include "converter.selector" .name | fromYaml) .values.podLabels .root.Values.commonLabels)
      | nindent 2 }}
{{- with merge (dict) .values.podAnnotations .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The PodDisruptionBudget of a Deployment. Arguments: root; name; values. */}}
{{- define "converter.podDisruptionBudget" -}}
{{- with .values.podDisruptionBudget }}
{{- if .enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "converter.metadata" (dict "root" $.root "name" (printf "converter-%s" $.name) "component" $.name)
      | nindent 2 }}
spec:
  {{- if not (kindIs "invalid" .minAvailable) }}
  minAvailable: {{ .minAvailable }}
  {{- else }}
  maxUnavailable: {{ .maxUnavailable }}
  {{- end }}
  selector:
    matchLabels: {{- include "converter.selector" $.name | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The Service of a Deployment. Arguments: root; name; values; port (its name). */}}
{{- define "converter.service" -}}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "converter.metadata" (dict "root" .root "name" (printf "converter-%s" .name) "component" .name
      "annotations" .values.service.annotations) | nindent 2 }}
spec:
  {{- if ne .values.service.type "ClusterIP" }}
  type: {{ .values.service.type }}
  {{- end }}
  selector: {{- include "converter.selector" .name | nindent 4 }}
  ports:
    - {name: {{ .port }}, port: {{ .values.service.port }}, targetPort: {{ .port }}}
  {{- with .values.service.spec }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
