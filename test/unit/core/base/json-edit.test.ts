import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameExceptExecution } from '../../../../src/core/plan/execution-diff.js';
import { setJsonKey } from '../../../../src/core/base/json-edit.js';
import { jsonNesting } from '../../../../src/core/base/json-nesting.js';

describe('setJsonKey', () => {
  it('appends a key and leaves the rest as it is written', () => {
    const text = '{\n    "a": [1, 2.0],   "b": "x,}\\"]"\n}\n';
    expect(setJsonKey(text, 'execution', { status: 'pending' })).toBe(
      '{\n    "a": [1, 2.0],   "b": "x,}\\"]",\n    "execution": {\n        "status": "pending"\n    }\n}\n',
    );
  });

  it('replaces a key where it stands', () => {
    const text = '{\r\n\t"execution": {"status": [1]} ,\r\n\t"z": 1e3\r\n}';
    expect(setJsonKey(text, 'execution', { s: 1 })).toBe(
      '{\r\n\t"execution": {\r\n\t\t"s": 1\r\n\t} ,\r\n\t"z": 1e3\r\n}',
    );
  });

  it.each(['{}', '{ }', '{"a":1}', '{"a":true }', '\ufeff{\n}\n'])('works on %j', (text) => {
    const edited = setJsonKey(text, 'execution', { s: 1 });
    expect(JSON.parse(edited.replace(/^\ufeff/, ''))).toMatchObject({ execution: { s: 1 } });
    expect(sameExceptExecution(text, edited)).toBe(true);
  });

  it('changes only the key, for any object, and nothing when repeated', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, fc.constantFrom(0, 1, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const once = setJsonKey(text, 'execution', { status: 'running', waves: [1] });
        expect(JSON.parse(once)).toEqual({
          ...(JSON.parse(text) as object),
          execution: { status: 'running', waves: [1] },
        });
        expect(sameExceptExecution(text, once)).toBe(true);
        expect(setJsonKey(once, 'execution', { status: 'running', waves: [1] })).toBe(once);
      }),
    );
  });
});

describe('sameExceptExecution', () => {
  it('ignores execution, integration and white space', () => {
    expect(sameExceptExecution('{"a":1}', '{ "a": 1, "execution": {"b": 2}, "integration": 3 }')).toBe(true);
    expect(sameExceptExecution('{"a":1,"execution":1}', '{"a":1,"execution":2}')).toBe(true);
  });

  it.each([
    ['{"a":1}', '{"a":2}'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":{"execution":1}}', '{"a":{"execution":2}}'],
    ['{"a":1}', '{"a":1'],
    ['broken', 'broken'],
    ['[1]', '[1]'],
    ['{"__proto__":1}', '{}'],
  ])('detects the difference between %j and %j', (a, b) => {
    expect(sameExceptExecution(a, b)).toBe(false);
  });

  it('does not look into text that is nested too deeply', () => {
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(sameExceptExecution(deep, deep)).toBe(false);
  });
});

describe('jsonNesting', () => {
  it.each([
    ['1', 0],
    ['{"a":[1,{"b":[]}]}', 4],
    ['["[[[", "\\"[[", []]', 2],
    ['['.repeat(1000), 1000],
  ])('of %j is %j', (text, depth) => {
    expect(jsonNesting(text)).toBe(depth);
  });
});
