{{/*
The fields of a Pod that say where and how it runs: all but its volumes and containers.
Arguments: root; values (of the Deployment, or of the Jobs).
*/}}
{{- define "converter.pod" -}}
{{- with .values -}}
enableServiceLinks: false
{{- with $.root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- if .hostNetwork }}
hostNetwork: true
{{- end }}
{{- with .dnsPolicy | default (.hostNetwork | ternary "ClusterFirstWithHostNet" "") }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .dnsConfig }}
dnsConfig: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .hostAliases }}
hostAliases: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .podSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Constraints of spread; those without a selector select the Pods of the Deployment. Arguments: name; values. */}}
{{- define "converter.spread" -}}
{{- $selector := dict "matchLabels" (include "converter.selector" .name | fromYaml) }}
{{- range .values.topologySpreadConstraints }}
- {{- toYaml (merge (deepCopy .) (dict "labelSelector" $selector)) | nindent 2 }}
{{- end }}
{{- end }}

{{/*
What follows the arguments of a Deployment's container.
Arguments: root; values; port (the name of the one that others call, if there is one).
*/}}
{{- define "converter.container" -}}
{{- with .root.Values.image.pullPolicy -}}
imagePullPolicy: {{ . }}
{{ end -}}
{{- with .values -}}
ports:
  {{- if hasKey $ "port" }}
  - {name: {{ $.port }}, containerPort: {{ .port }}{{ if .hostNetwork }}, hostPort: {{ .port }}{{ end }}}
  {{- end }}
  - {name: http-metrics, containerPort: {{ .metricsPort }}{{ if .hostNetwork }}, hostPort: {{ .metricsPort }}{{ end }}}
{{- with .extraEnvFrom }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .startupProbe }}
startupProbe: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .livenessProbe }}
livenessProbe: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .readinessProbe }}
readinessProbe: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The arguments that all processes have. Arguments: root; values. */}}
{{- define "converter.args" -}}
{{- if hasKey .values "port" }}
- --listen={{ .values.listenAddress }}:{{ .values.port }}
{{- end }}
- --metrics-listen={{ .values.listenAddress }}:{{ .values.metricsPort }}
{{- if hasKey .values "drainSeconds" }}
- --drain-seconds={{ .values.drainSeconds }}
{{- end }}
- --log-format={{ .root.Values.logging.format }}
{{- if ne .root.Values.logging.level "info" }}
- --log-level={{ .root.Values.logging.level }}
{{- end }}
{{- include "converter.lines" .values.extraArgs }}
{{- end }}

{{/* The argument about the converter's own scheduler, if it is not the default. Argument: root. */}}
{{- define "converter.schedulerArg" -}}
{{- with .Values.scheduler -}}
{{- if not .enabled }}--scheduler-name={{ else if ne .name "apiconverter" }}--scheduler-name={{ .name }}{{ end }}
{{- end -}}
{{- end }}

{{/* The volume with rules. The ConfigMap need not exist. Argument: root. */}}
{{- define "converter.rulesVolume" -}}
- name: rules
  configMap: {name: {{ .Values.rules.configMapName }}, optional: true}
{{- end }}

{{/* The volume with the serving certificate. The CA's key is not mounted. Argument: root. */}}
{{- define "converter.tlsVolume" -}}
- name: tls
  secret:
    secretName: {{ .Values.certificates.secretName }}
    defaultMode: 0440
    items:
      - {key: tls.crt, path: tls.crt}
      - {key: tls.key, path: tls.key}
{{- end }}
