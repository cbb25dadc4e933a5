import type { ObjectOptions } from './stand.ts';

/** An entry of `secretObjects`. */
export interface SecretObjectOptions {
  readonly secretName: string;
  readonly type?: string;
  readonly data?: readonly { readonly objectName: string; readonly key: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

export interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type SyncedObject = ObjectOptions & {
  readonly encoding?: string;
  readonly optional?: boolean;
  readonly expand?: boolean;
  readonly provider?: string;
};

export interface ClassOptions extends Marks {
  /** `vault` unless said otherwise. */
  readonly provider?: string;
  readonly objects?: readonly SyncedObject[];
  /** Win over those of Vault at the stand's proxy. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** These parameters alone. */
  readonly bare?: boolean;
  readonly secretObjects?: readonly SecretObjectOptions[];
}

/** `spec` of a SecretProviderClassSync; the class of the same name and the account `app` unless said otherwise. */
export type SyncOptions = Readonly<Record<string, unknown>>;

/** A Secret as a test reads it: values decoded. */
export interface ReadSecret {
  readonly type: string;
  readonly immutable: boolean;
  readonly data: Readonly<Record<string, string>>;
  readonly metadata: Readonly<{
    name: string;
    uid: string;
    resourceVersion: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
    ownerReferences?: readonly { readonly uid: string; readonly kind: string }[];
    managedFields?: readonly { readonly manager: string; readonly operation: string }[];
  }>;
}

export interface SyncCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** A SecretProviderClassSync as a test reads it. */
export interface SyncView {
  readonly metadata: Readonly<{ name: string; uid: string; generation: number; resourceVersion: string }>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<{
    observedGeneration?: number;
    observedClass?: { readonly name: string };
    lastHandledSyncRequest?: string;
    lastChangeTime?: string;
    objects?: readonly { readonly name: string; readonly version: string }[];
    secrets?: readonly Readonly<{
      name: string;
      state: string;
      adopted?: boolean;
      differingKeys?: readonly string[];
      reason?: string;
      message?: string;
    }>[];
    secretCount?: number;
    conditions?: readonly SyncCondition[];
  }>;
}

export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}
