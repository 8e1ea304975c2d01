/** The stored list of sealed parts: read back to the byte, refused by name when it is damaged, and as small as promised. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LogUnavailable } from '../../src/log/port.js';
import { partsOfBytes, partsOfText, sealedBytes, sealedText } from '../../src/log/sealed-parts.js';
import { sealedPart } from '../support/log/log-events.js';

const place = { stream: { type: 'lead', id: '6f1c' }, revision: 4 };

const part = fc.record({
  k: fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  v: fc.uint8Array({ minLength: 1, maxLength: 300 }),
});

/** What a damaged list ends in: an error that names the event. */
function expectDamaged(read: () => unknown): void {
  expect(read).toThrow(LogUnavailable);
  expect(read).toThrow('event 4 of the stream lead-6f1c are damaged');
}

describe('a list of sealed parts', () => {
  test('is read back to the byte, from bytes and from text', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        expect(partsOfBytes(sealedBytes(parts), place)).toEqual(parts);
        expect(partsOfText(sealedText(parts), place)).toEqual(parts);
      }),
    );
  });

  test('is refused wherever it is cut, except between two parts, which the hash of the event shows', () => {
    const parts = [sealedPart(new Uint8Array(30)), sealedPart(new Uint8Array(300))];
    const bytes = sealedBytes(parts);
    for (let length = 0; length < bytes.length; length += 1) {
      if (length === 46) expect(partsOfBytes(bytes.subarray(0, length), place)).toHaveLength(1);
      else expectDamaged(() => partsOfBytes(bytes.subarray(0, length), place));
    }
    expectDamaged(() => partsOfBytes(Buffer.concat([bytes, Buffer.of(1)]), place));
  });

  test('is refused when a length is wrong or the text is not base64url', () => {
    const bytes = sealedBytes([sealedPart(new Uint8Array(30))]);
    const text = sealedText([sealedPart(new Uint8Array(30))]);
    for (const length of [0, 29, 31, 2 ** 32 - 1]) {
      const wrong = Buffer.from(bytes);
      wrong.writeUInt32BE(length, 12);
      expectDamaged(() => partsOfBytes(wrong, place));
    }
    for (const wrong of ['', `${text}=`, `${text} `, `*${text.slice(1)}`, `${text.slice(0, -1)}B`]) {
      expectDamaged(() => partsOfText(wrong, place));
    }
  });

  test.each([1, 20, 167, 5_000])('of %d bytes of text costs at most 52 bytes more on SQLite, 80 and a third on EventStoreDB', (text) => {
    const sealed = [sealedPart(new Uint8Array(text + 29))];
    // SQLite needs at most three more bytes for the type and length of the column.
    expect(sealedBytes(sealed).length + 3 - text).toBeLessThanOrEqual(52);
    expect(`,"sealed":"${sealedText(sealed)}"`.length - text).toBeLessThanOrEqual(80 + text / 3);
  });
});
