/** The GraphiQL page in a real browser: whole from this server, and working. */
import { expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { registerLead } from '../support/api/funnel.js';
import { startServer } from '../support/processes/server.js';
import { sharedFolder } from '../support/folder.js';
import { sharedServer } from '../support/processes/set-up.js';

const BROWSER = '/usr/bin/chromium';
const { server } = await sharedServer();
const other = sharedFolder();

it('is one page that loads nothing from elsewhere', async () => {
  const { status, headers, text } = await server.get('/graphiql');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/html/);
  expect(text).not.toMatch(/<(script|img|iframe)[^>]+src=["']?(https?:)?\/\//i);
  expect(text).not.toMatch(/<link[^>]+href=["']?(https?:)?\/\//i);
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
});

it('is not served where introspection is off, nor is the schema told', async () => {
  const production = await startServer(other.path, { NODE_ENV: 'production' });
  expect(await production.get('/graphiql')).toMatchObject({ status: 404 });
  const { errors } = await production.request('{ __schema { types { name } } }');
  expect(errors).toHaveLength(1);
  const typo = await production.request('{ leads { nodes { nam } } }');
  expect(typo.text).not.toContain('Did you mean');
});

// CI installs the browser; elsewhere it may be missing.
const withBrowser = existsSync(BROWSER) || process.env['CI'] === 'true' ? it : it.skip;

withBrowser(
  'shows the schema, answers its first query and runs a subscription in a browser that knows no other host',
  async () => {
    await registerLead(server, { name: 'Ștefan from the fair', origin: 'fair' });
    await server.ready();
    const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const elsewhere: string[] = [];
      const failures: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
      });
      page.on('pageerror', (error) => failures.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') failures.push(message.text());
      });
      await page.goto(`${server.url}/graphiql`, { timeout: 45_000 });
      await page.locator('.graphiql-query-editor').getByText('leadFunnelSummary').first().waitFor({ timeout: 45_000 });
      await page.locator('button.graphiql-execute-button').click();
      await page.locator('.graphiql-response').getByText('Ștefan from the fair').first().waitFor({ timeout: 45_000 });
      await page.screenshot({ path: join(tmpdir(), 'daybook-graphiql.png') });
      const subscription = 'subscription { events(after: "0", types: [ACCOUNT_REGISTERED]) { data } }';
      await page.goto(`${server.url}/graphiql?query=${encodeURIComponent(subscription)}`, { timeout: 45_000 });
      await page.locator('.graphiql-query-editor').getByText('ACCOUNT_REGISTERED').first().waitFor({ timeout: 45_000 });
      await page.locator('button.graphiql-execute-button').click();
      await server.done('registerAccount', { name: 'Moara din deal' });
      await page.locator('.graphiql-response').getByText('Moara din deal').first().waitFor({ timeout: 45_000 });
      expect(elsewhere).toEqual([]);
      expect(failures).toEqual([]);
    } finally {
      await browser.close();
    }
  },
  120_000,
);
