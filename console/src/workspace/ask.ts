// What the pages of a workspace ask for.
import { admin } from '../admin';
import type { Connection, CustomApp, Point, Script, Template, Workspace } from './types';

export const getWorkspace = (workspace: string) => admin<Workspace>({ path: ['servers', workspace] });
export const listTemplates = async () => (await admin<{ templates: Template[] }>({ path: ['idps'] })).templates;
export const listConnections = async (workspace: string) => (await admin<{ idps: Connection[] }>({ path: ['servers', workspace, 'idps'] })).idps;
export const getConnection = (workspace: string, id: string) => admin<Connection>({ path: ['servers', workspace, 'idps', id] });
export const listScripts = async (workspace: string) => (await admin<{ scripts: Script[] }>({ path: ['servers', workspace, 'scripts'] })).scripts;
export const listPoints = async (workspace: string) =>
  (await admin<{ script_execution_points: Point[] }>({ path: ['servers', workspace, 'script-execution-points'] })).script_execution_points;
export const listApps = async (workspace: string) => (await admin<{ custom_apps: CustomApp[] }>({ path: ['servers', workspace, 'custom-apps'] })).custom_apps;
