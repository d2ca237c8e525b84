{{/* Labels of every object. Helm itself adds app.kubernetes.io/managed-by when it applies them. */}}
{{- define "converter.labels" -}}
app.kubernetes.io/name: karmada-api-version-converter
app.kubernetes.io/part-of: karmada-api-version-converter
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{/*
The metadata of an object.
Arguments: root; name; component (optional); labels and annotations (optional).
*/}}
{{- define "converter.metadata" -}}
{{- $labels := include "converter.labels" . | fromYaml }}
{{- if .component }}{{- $_ := set $labels "app.kubernetes.io/component" .component }}{{- end }}
{{- $labels = merge $labels (.labels | default dict) .root.Values.commonLabels }}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.commonAnnotations -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{- toYaml $labels | nindent 2 }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The labels by which a Deployment, a Service and the like select Pods. They never change. Argument: component. */}}
{{- define "converter.selector" -}}
app.kubernetes.io/name: karmada-api-version-converter
app.kubernetes.io/component: {{ . }}
{{- end }}

{{/* The image, by digest if there is one. Argument: root. */}}
{{- define "converter.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* The name of a Deployment's ServiceAccount. Arguments: name; values. */}}
{{- define "converter.serviceAccountName" -}}
{{ .values.serviceAccount.name | default (printf "converter-%s" .name) }}
{{- end }}

{{/* A list without the surrounding braces of an empty one. Arguments: a list of arguments, one a line. */}}
{{- define "converter.lines" -}}
{{- range . }}
- {{ . | quote }}
{{- end }}
{{- end }}
