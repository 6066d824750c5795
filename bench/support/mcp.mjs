/** An MCP client that costs nothing: lines of JSON over the server's standard input and output. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { O8 } from './project.mjs';

/** As the client of a current Claude Code introduces itself. */
const HELLO = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'claude-code', version: '2.1.0' },
};

export class McpServer {
  /** @param {import('./enclosure.mjs').Where} where */
  constructor(where) {
    this.child = spawn(process.execPath, [O8, 'mcp'], { ...where, stdio: ['pipe', 'pipe', 'ignore'] });
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    this.child.once('exit', () => {
      for (const answer of this.waiting.values()) answer({ error: 'the server ended' });
    });
    this.asked = 0;
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line);
      this.waiting.get(answer.id)?.(answer);
    });
  }

  async open() {
    await this.ask('initialize', HELLO);
    this.send({ method: 'notifications/initialized' });
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<any>}
   */
  async ask(method, params) {
    this.asked += 1;
    const id = this.asked;
    /** @type {any} */
    const answer = await new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ id, method, params });
    });
    this.waiting.delete(id);
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }

  /**
   * @param {string} name
   * @param {object} input
   */
  async call(name, input) {
    const result = await this.ask('tools/call', { name, arguments: input });
    if (result.isError === true) throw new Error(`${name}: ${JSON.stringify(result)}`);
    return result;
  }

  /** @param {object} message */
  send(message) {
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  /** Processor time of all its threads; NaN where it cannot be read. */
  cpuMs() {
    return threadsMs(this.child.pid ?? 0);
  }

  async close() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin.end();
    await ended;
  }
}

/**
 * A server that is started and asked for its tools, until it has answered.
 * @param {import('./enclosure.mjs').Where} where
 * @returns {Promise<import('./enclosure.mjs').Cost>}
 */
export async function answeredList(where) {
  const from = performance.now();
  const server = new McpServer(where);
  await server.open();
  await server.ask('tools/list', {});
  const wallMs = performance.now() - from;
  const cpuMs = server.cpuMs();
  await server.close();
  return { wallMs, cpuMs: Number.isNaN(cpuMs) ? null : cpuMs, others: null, code: 0, stdout: '', stderr: '' };
}

/** @param {number} pid */
function threadsMs(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const each = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    return each.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e6, 0);
  } catch {
    return NaN; // not Linux
  }
}

/**
 * What a model reads of an answer, in tokens of four characters: structured content where there is any, else the text.
 * @param {any} result
 */
export function tokensOf(result) {
  const text = result.content.map((/** @type {any} */ part) => part.text ?? '').join('');
  const structured = result.structuredContent === undefined ? '' : JSON.stringify(result.structuredContent);
  return Math.max(text.length, structured.length) / 4;
}
