import { VERSION } from '../core/base/version.js';
import { definitions } from './built-definitions.js';
import { instructions } from './instructions.js';
import { documentsOf, type Stands } from './stands.js';

/** Newest first, as the SDK has them; a test compares them. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

/** What a client said of itself in `initialize`, and the protocol version that was answered. */
export interface McpClient {
  readonly name: string;
  readonly protocolVersion: (typeof PROTOCOL_VERSIONS)[number];
}

/** What the server does with a message before its tools are loaded. */
export type Opening =
  /** Answers it at once. */
  | { readonly kind: 'answer'; readonly answer: object; readonly client?: McpClient }
  /** Nothing: a notification about requests that there have not been. */
  | { readonly kind: 'nothing' }
  /** Leaves it to the whole server, which also finds what is wrong with a malformed request. */
  | { readonly kind: 'pass on' };

type Fields = Readonly<Record<string, unknown>>;

const METHODS = new Set([
  ...['initialize', 'ping', 'tools/list', 'tools/call', 'prompts/list', 'prompts/get'],
  ...['resources/list', 'resources/templates/list', 'resources/read'],
]);
/** Only the server that is not in the plugin has them. */
const OF_ONE_ALONE = /^(prompts|resources)\//;
/** JSON-RPC's number. */
const METHOD_NOT_FOUND = -32601;

/**
 * Answers what every client asks when it connects, from data made when o8 was built: most sessions never call a tool, and
 * loading the tools and the protocol's schemas takes five times as long as everything else here. An unknown method is
 * answered at once too, because newer clients try some before they choose a protocol version.
 */
export function opening(message: unknown, stands: Stands): Opening {
  if (!isFields(message) || message['jsonrpc'] !== '2.0' || typeof message['method'] !== 'string')
    return { kind: 'pass on' };
  const { id, method, params = {} } = message;
  if (id === undefined) return { kind: 'nothing' };
  if (!(typeof id === 'string' || Number.isInteger(id)) || !isFields(params)) return { kind: 'pass on' };
  const answer = (result: object) => ({ kind: 'answer' as const, answer: { result, jsonrpc: '2.0', id } });
  if (!METHODS.has(method) || (stands === 'in the plugin' && OF_ONE_ALONE.test(method))) {
    const error = { code: METHOD_NOT_FOUND, message: 'Method not found' };
    return { kind: 'answer', answer: { jsonrpc: '2.0', id, error } };
  }
  if (!isMeta(params['_meta'])) return { kind: 'pass on' };
  switch (method) {
    case 'initialize': {
      const client = clientOf(params);
      return client === null ? { kind: 'pass on' } : { ...answer(initialized(client, stands)), client };
    }
    case 'ping':
      return answer({});
    case 'tools/list':
      return params['cursor'] === undefined ? answer({ tools: listedTools(stands) }) : { kind: 'pass on' };
    default:
      return { kind: 'pass on' };
  }
}

/** The name, title and version of this server. */
export const SERVER = { name: 'o8', title: 'o8', version: VERSION };

export function capabilitiesOf(stands: Stands): { tools: object; prompts?: object; resources?: object } {
  return { tools: {}, ...(stands === 'alone' ? { prompts: {}, resources: {} } : {}) };
}

function initialized({ protocolVersion }: McpClient, stands: Stands): object {
  return {
    protocolVersion,
    capabilities: capabilitiesOf(stands),
    serverInfo: SERVER,
    instructions: instructions(documentsOf(stands)),
  };
}

/** Newer clients show the tools to their model before the instructions, so the tool `plan` names the documents too. */
export function listedTools(stands: Stands): object[] {
  const { planFolder, features } = documentsOf(stands);
  const documents = ` How plans are written: ${planFolder}; features: ${features}.`;
  return definitions.map((tool) =>
    tool.name === 'plan' ? { ...tool, description: `${tool.description}${documents}` } : tool,
  );
}

function clientOf({ protocolVersion, capabilities, clientInfo }: Fields): McpClient | null {
  if (typeof protocolVersion !== 'string' || !isFields(capabilities) || !isFields(clientInfo)) return null;
  if (!Object.values(capabilities).every(isFields)) return null;
  const { name, version } = clientInfo;
  if (typeof name !== 'string' || typeof version !== 'string') return null;
  const known = PROTOCOL_VERSIONS.find((each) => each === protocolVersion);
  return { name, protocolVersion: known ?? PROTOCOL_VERSIONS[0] };
}

function isMeta(value: unknown): boolean {
  if (value === undefined) return true;
  return isFields(value) && ['undefined', 'string', 'number'].includes(typeof value['progressToken']);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
