/** Texts that PostgreSQL can store and that JSON, SQL or JavaScript may write in more than one way. */
export const oddNames = [
  'Plain',
  'plain',
  'PLAIN',
  '🚀 rocket 👩‍👩‍👧‍👦',
  'e\u0301\u0327 and é',
  'مرحبا \u202eabc',
  'line\u2028and\u2029paragraph',
  '"double" \'single\' `back`',
  'back\\slash \\n \\u0041 \\',
  '\u0001\u001f\u007f\u0085 control',
  'tab\tnew\nline\rback',
  '{"a":1,"b":[null]}',
  '[1,2]',
  'null',
  '100%_sure',
  "'; DROP TABLE deal; --",
  '$1 $$x$$ /* */ -- ::text',
  '\ufeff\u200b\ufffe\ufffd',
  'İstanbul ß ﬃ',
  '</script>&amp;<b>',
  '__proto__',
  '1e2',
  'z'.repeat(255),
  '🚀'.repeat(255),
] as const

/** Amounts at the ends of what a Decimal can be, and such as are written in several ways. */
export const oddAmounts = [
  ...[null, '0', '0.0001', '-0.0001', '899999999999999.9999', '-899999999999999.9999'],
  ...['10', '10.5', '10.50', '10.5000', '1000000', '0.3333', '-42.42', '3.0003', '99999.9999'],
] as const

/** What rounding, and the choice between a deal's own probability and its stage's, depend on. */
export const oddConfidences = [null, 0, 1, 99, 100, 33, 50] as const

export const oddDays = [
  ...[null, '0001-01-01', '9999-12-31', '2025-12-31', '2026-01-01', '2024-02-29', '1582-10-10'],
  ...['2026-06-30', '1969-12-31'],
] as const

/** Instants whose milliseconds are 0, 1 and 999, at the turns of a year and at both ends of time. */
export const oddInstants = [
  '0001-01-01T00:00:00.000Z',
  '0001-01-01T00:00:00.001Z',
  '9999-12-31T23:59:59.999Z',
  '2025-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '2000-02-29T12:00:00.010Z',
] as const

/** Those from which seconds until now fit an Int: what does not is an error, which is tried by itself. */
export const recentInstants = oddInstants.filter((instant) => /^(19|20)/.test(instant))

/** As texts, because a value of JavaScript would have lost what is odd about some. */
export const oddJson = [
  '{}',
  '{"10":1,"9":2,"b":3,"a":4}',
  '{"n":1e2,"m":1.0,"l":12345678901234567890,"k":0.1000,"j":-0,"i":1e-7,"h":1e21}',
  '{"b":{"2":[],"1":{"c":null,"a":[1,[2,[3]]]}},"":"empty","__proto__":{"x":1}}',
  '{"text":"\\u2028 \\"quoted\\" \\\\ \\u0001 🚀","constructor":"c"}',
  '[]',
  '[1,"a",null,{"z":1,"aa":2}]',
  '"only a text"',
  '1.50',
  'false',
] as const

/** The values of custom fields as they can only be in rows that are older than the rules. */
export const misfits = [
  '{"cf_number":"not a number","cf_date":"2026-13-45","cf_flag":"yes","cf_many":"EMEA"}',
  '{"cf_money":{"amount":"5"},"cf_text":12,"cf_region":"Mars","cf_url":null}',
  '{"cf_money":"10","cf_many":[1,null,"EMEA"],"cf_unknown":{"10":1,"9":2},"10":1,"9":2}',
  '{"cf_number":1e2,"cf_text":"","cf_date":"0001-01-01","cf_flag":false,"cf_many":[]}',
  '{"cf_number":12345678901234567890,"cf_money":{"currency":"EUR","amount":1.50,"10":1}}',
] as const
