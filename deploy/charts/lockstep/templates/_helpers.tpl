{{- define "lockstep.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "lockstep.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "lockstep.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Arguments: list of the root and the component. */}}
{{- define "lockstep.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "lockstep.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "lockstep.labels" -}}
{{- $root := index . 0 -}}
{{ include "lockstep.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels and annotations of the pods of a component. */}}
{{- define "lockstep.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values (index . 1) | default dict -}}
labels:
  {{- include "lockstep.selector" . | nindent 2 }}
  {{- with mergeOverwrite dict $root.Values.commonLabels $root.Values.podLabels ($own.podLabels | default dict) }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with mergeOverwrite dict $root.Values.podAnnotations ($own.podAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "lockstep.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lockstep.providerAccount" -}}
{{- .Values.provider.serviceAccount.name | default (printf "%s-provider" (include "lockstep.fullname" .)) -}}
{{- end -}}

{{- define "lockstep.controllerAccount" -}}
{{- .Values.controller.serviceAccount.name | default (printf "%s-controller" (include "lockstep.fullname" .)) -}}
{{- end -}}

{{/* "true" where the provider serves AWS: it then reads the roles of service accounts, and regions of nodes. */}}
{{- define "lockstep.servesAws" -}}
{{- $names := .Values.provider.providers -}}
{{- if or (empty $names) (has "aws" $names) (has "lockstep-aws" $names) (has "lockstep" $names) -}}
true
{{- end -}}
{{- end -}}

{{/* What classes that say nothing mean. */}}
{{- define "lockstep.storeEnv" -}}
{{- with .Values.vault.address }}
- name: VAULT_ADDR
  value: {{ . | quote }}
{{- end }}
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "lockstep.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: metrics }
  periodSeconds: 1
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}
