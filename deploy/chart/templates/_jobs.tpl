{{/* Annotations of a hook. It goes when it has succeeded. Arguments: events; weight. */}}
{{- define "converter.hook" -}}
helm.sh/hook: {{ .events }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* The spec of the Pod of a Job or of `helm test`. Arguments: root; args (the command's arguments). */}}
{{- define "converter.jobPod" -}}
{{- $jobs := .root.Values.jobs -}}
{{- $kubeconfig := .root.Values.karmada.kubeconfig -}}
restartPolicy: Never
serviceAccountName: converter-jobs
automountServiceAccountToken: true
{{ include "converter.pod" (dict "root" .root "values" $jobs) }}
containers:
  - name: converter
    image: {{ include "converter.image" .root }}
    {{- with .root.Values.image.pullPolicy }}
    imagePullPolicy: {{ . }}
    {{- end }}
    args:
      {{- range .args }}
      - {{ contains "{" . | ternary (quote .) . }}
      {{- end }}
      {{- with include "converter.schedulerArg" .root }}
      - {{ . }}
      {{- end }}
      - --namespace={{ .root.Release.Namespace }}
      - --karmada-kubeconfig=/etc/converter/admin/{{ $kubeconfig.key }}
      {{- with $kubeconfig.context }}
      - --karmada-context={{ . }}
      {{- end }}
      - --wait={{ $jobs.timeout }}
    {{- with $jobs.extraEnv }}
    env: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $jobs.resources }}
    resources: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $jobs.securityContext }}
    securityContext: {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - {name: admin, mountPath: /etc/converter/admin, readOnly: true}
      - {name: rules, mountPath: /etc/converter/rules, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- with $jobs.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: admin
    secret: {secretName: {{ $kubeconfig.secretName }}, defaultMode: 0440}
  {{- include "converter.rulesVolume" .root | nindent 2 }}
  # OpenSSL reads the kubeconfig's client certificate from files. They stay in memory.
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
  {{- with $jobs.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A Job. Arguments: root; name; events; args. */}}
{{- define "converter.job" -}}
{{- $jobs := .root.Values.jobs -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "converter.metadata" (dict "root" .root "name" .name "component" "jobs"
      "annotations" (include "converter.hook" (dict "events" .events "weight" "0") | fromYaml)) | nindent 2 }}
spec:
  backoffLimit: {{ $jobs.backoffLimit }}
  activeDeadlineSeconds: {{ $jobs.activeDeadlineSeconds }}
  template:
    metadata: {{- include "converter.podMetadata" (dict "root" .root "name" "jobs" "values" $jobs) | nindent 6 }}
    spec: {{- include "converter.jobPod" . | nindent 6 }}
{{- end }}

{{/* The values of the scheduler that are not empty, for `converter hook`. Argument: root. Returns a JSON list. */}}
{{- define "converter.schedulerSettings" -}}
{{- $settings := dict }}
{{- range $key, $value := omit .Values.scheduler "enabled" "name" "podDisruptionBudget" }}
{{- if $value }}{{- $_ := set $settings $key $value }}{{- end }}
{{- end }}
{{- $settings | empty | ternary list (list (printf "--scheduler-settings=%s" (toJson $settings))) | toJson -}}
{{- end }}

{{/* The arguments about what the Karmada part has. Argument: root. Returns a JSON list. */}}
{{- define "converter.addresses" -}}
{{- $namespace := .Release.Namespace -}}
{{- $port := .Values.admission.service.port -}}
{{- $url := .Values.karmada.webhookURL | default (printf "https://converter-admission.%s.svc:%v" $namespace $port) -}}
{{- $host := .Values.karmada.discoveryHost | default (printf "converter-discovery.%s.svc" $namespace) -}}
{{- $arguments := list (printf "--webhook-url=%s" $url) (printf "--discovery-host=%s" $host)
    (printf "--certificate-secret=%s" .Values.certificates.secretName) -}}
{{- if .Values.dashboard.enabled }}{{- $arguments = append $arguments "--dashboard" }}{{- end }}
{{- if .Values.memberSchemas.enabled }}{{- $arguments = append $arguments "--member-schemas" }}{{- end }}
{{- toJson $arguments -}}
{{- end }}
