// What the administration of workspaces says and takes; internal/workspace has the words for each.

export interface Workspace {
  id: string;
  tenant_id: string;
  name: string;
  description?: string;
  user_pool_id: string;
  sso: { enabled: boolean; max_idle?: string; max_age?: string };
  authentication_context_settings: { attributes: Attribute[] };
  idp_discovery: { enabled: boolean; discovery_mode?: string };
  enable_user_portal?: boolean;
  enable_demo_app?: boolean;
  created_at: string;
  updated_at: string;
  issuer_url: string;
  type: 'regular' | 'system';
}

export type Kind = 'string' | 'number' | 'bool' | 'object' | 'string_array' | 'number_array' | 'bool_array' | 'object_array' | 'any';
export type Source = 'id_token' | 'access_token' | 'userinfo' | 'saml';

/** Something that a provider tells (with a source), or that a context holds. */
export interface Attribute {
  name: string;
  description?: string;
  type: Kind;
  labels?: string[];
  source?: Source;
}

export interface Mapping {
  source?: string;
  target: string;
  type?: Kind;
  mode?: 'dynamic' | 'static';
  static?: unknown;
  allow_weak_decoding?: boolean;
}

export interface Connection {
  id: string;
  authorization_server_id: string;
  name: string;
  method: string;
  disabled: boolean;
  hidden: boolean;
  display_order: number;
  logo_uri?: string;
  attributes: Attribute[];
  mappings: Mapping[] | null;
  static_amr?: string[];
  post_authn_app_id?: string;
  discovery_settings: { domains?: string[]; instant_redirect?: boolean; fallback_provider?: boolean };
  sso_settings: { disabled: boolean };
  jit: { attributes_mapping?: { source: string; target: string; only_at_first_sign_in?: boolean }[] };
  config: { enable_stateful_ctx: boolean; stateful_ctx_duration: string; user_info_failure?: string };
  settings: Record<string, unknown>;
  redirect_url: string;
  created_at: string;
  updated_at: string;
}

/** What somebody has to know who makes a connection by a method. */
export interface Template {
  method: string;
  title: string;
  settings: string[];
  required: string[];
  credentials: string[];
  /** What follows the issuer of the workspace in the redirect URL. */
  redirect_path: string;
}

export interface Claim {
  id: string;
  authorization_server_id: string;
  name: string;
  description?: string;
  type: 'id_token' | 'access_token';
  source_type: 'authnCtx' | 'client';
  source_path: string;
  scopes: string[];
  opaque?: boolean;
}

export interface Scope {
  id: string;
  service_id: string;
  scope_name: string;
  display_name?: string;
  description?: string;
  implicit?: boolean;
  implicit_grant?: boolean;
  transient?: boolean;
}

export interface Service {
  id: string;
  authorization_server_id: string;
  name: string;
  type: string;
  scopes: Scope[];
}

export interface Script {
  id: string;
  name: string;
  body: string;
}

export interface Point {
  type: string;
  target_fk: string;
  script_id: string;
  on_failure?: string;
}

export interface CustomApp {
  id: string;
  name: string;
  url: string;
  type: string;
  client_id: string;
}
