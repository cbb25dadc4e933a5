{{/* Pods that do one thing, as nobody. */}}
{{- define "lockstep.jobPod" -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.controller.podSecurityContext | nindent 2 }}
nodeSelector:
  kubernetes.io/os: linux
{{- end -}}

{{/* Arguments: list of the root and whose security context the container has. */}}
{{- define "lockstep.jobContainer" -}}
{{- $root := index . 0 -}}
image: {{ include "lockstep.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
resources:
  requests: { cpu: 50m, memory: 64Mi }
  limits: { memory: 128Mi }
securityContext:
  {{- toYaml (index $root.Values (index . 1)).securityContext | nindent 2 }}
{{- end -}}

{{/* Argument: the weight. */}}
{{- define "lockstep.installHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Argument: the weight. */}}
{{- define "lockstep.uninstallHook" -}}
helm.sh/hook: post-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
