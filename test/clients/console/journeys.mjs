// What is done in the console, one function a journey.

import { patience } from '../browser.mjs';
import { identity } from './identity.mjs';
import { policies } from './policies.mjs';
import { lineage } from './lineage.mjs';
import { pools } from './pools.mjs';
import { develop, dialog, fault, heading, notice, pool } from './steps.mjs';
import { connect, extend } from './workspaces.mjs';

export const journeys = { begin, locked, look, lineage, ...pools, ...policies, ...identity, connect, extend };

/** Presses a button until something is there that is written behind the answers. */
async function until(there, button) {
  for (const end = Date.now() + patience; !(await there.count()) && Date.now() < end;) {
    await button.click();
    await there.page().waitForTimeout(100);
  }
  await there.waitFor();
}

/** A pool, a user, a change, a search, an end. */
async function begin({ open, accessible, fits }) {
  const page = await develop(open);
  const said = {};
  await page.getByRole('link', { name: 'contacts' }).waitFor();
  await accessible(page, 'pools');

  await page.getByRole('button', { name: 'Create user pool' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('shop');
  await page.getByLabel('Callback URL').fill('http://localhost:3000/callback');
  await page.getByRole('button', { name: 'The same with the AWS CLI' }).click();
  said.command = (await page.getByRole('region', { name: 'AWS CLI command' }).textContent()).split('\n')[0];
  await accessible(page, 'new pool');
  await page.getByRole('button', { name: 'Create user pool' }).click();
  await heading(page, 'shop');
  await page.getByText('Worth a look').waitFor();
  await accessible(page, 'pool');

  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Users' }).click();
  await heading(page, 'Users');
  await page.getByRole('button', { name: 'Create user' }).first().click();
  await dialog(page).getByLabel('Email address').fill('erin@example.com');
  await dialog(page).getByRole('radio', { name: 'Send nothing' }).check();
  await dialog(page).getByRole('textbox', { name: /^Temporary password/ }).fill('short');
  await dialog(page).getByRole('button', { name: 'Create user' }).click();
  said.refused = await fault(page);
  await dialog(page).getByRole('textbox', { name: /^Temporary password/ }).fill('Correct-Horse12');
  await dialog(page).getByRole('button', { name: 'Create user' }).click();
  await notice(page, 'erin@example.com was created.');
  await page.getByRole('cell', { name: 'Must change password' }).waitFor();
  await accessible(page, 'users');

  await page.getByRole('searchbox', { name: 'Text' }).fill('nobody');
  await page.getByRole('button', { name: 'Find', exact: true }).click();
  await page.getByText('Nobody is like that').waitFor();
  await page.getByRole('searchbox', { name: 'Text' }).fill('erin');
  await page.getByRole('button', { name: 'Find', exact: true }).click();
  await page.getByRole('row', { name: /erin@example.com/ }).getByRole('link').click();
  await heading(page, await page.getByRole('heading', { level: 1 }).textContent());
  await page.getByRole('button', { name: 'Edit attributes' }).click();
  await dialog(page).getByLabel('Add an attribute').click();
  await page.getByRole('option', { name: 'nickname' }).click();
  await dialog(page).getByRole('textbox', { name: 'nickname' }).fill('Rin');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The attributes are saved.');
  await page.getByText('Rin', { exact: true }).waitFor();
  await accessible(page, 'user');

  const act = async (name) => {
    await page.getByRole('button', { name: 'Actions' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await act('Disable');
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await notice(page, 'is disabled');
  await act('Delete');
  const go = dialog(page).getByRole('button', { name: 'Delete' });
  said.unconfirmed = await go.isDisabled();
  const name = await page.getByRole('heading', { level: 1 }).textContent();
  await dialog(page).getByLabel(`Type ${name} to confirm`).fill(name);
  await go.click();
  await heading(page, 'Users');
  await notice(page, 'was deleted');
  await page.getByText('There is nobody yet').waitFor();

  // Signing out forgets the key: a reload asks again.
  await page.getByRole('button', { name: 'dev' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Continue in development' }).waitFor();
  said.kept = await page.evaluate(() => sessionStorage.length + JSON.stringify(localStorage).includes('secret'));

  // The same in the dark, on a telephone.
  const small = await develop(open, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  said.dark = await small.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  await fits(small, 'pools');
  await small.getByRole('link', { name: 'contacts' }).click();
  await heading(small, 'contacts');
  await fits(small, 'pool');
  await accessible(small, 'dark pool');
  return said;
}

/** A server that verifies signatures: a wrong key stays outside, the right one comes in, and stays in memory. */
async function locked({ open, accessible, key, secret }) {
  const page = await open();
  const said = {};
  await page.getByLabel('Access key ID').fill(key);
  await page.getByLabel('Secret access key').fill('wrong' + secret);
  await accessible(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  said.wrong = await fault(page);
  await page.getByLabel('Secret access key').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, 'User pools');
  await page.getByText('There are no user pools in this Region').waitFor();
  said.kept = await page.evaluate(() => sessionStorage.length);
  await page.reload();
  await page.getByLabel('Secret access key').waitFor();
  return said;
}

/** Decisions with their reasons, what a token is worth, the audit log, an app client and a group. */
async function look({ open, accessible, fits, url, key: token }) {
  const page = await develop(open);
  const said = {};
  const to = async (hash, name) => {
    await page.evaluate((h) => { location.hash = h; }, '#/' + hash);
    await heading(page, name);
  };

  // The same question about one's own contact and about somebody else's.
  await to('decisions', 'Decisions');
  await page.getByRole('textbox', { name: 'May' }).fill('bob');
  await page.getByRole('textbox', { name: 'do', exact: true }).fill('delete');
  await page.getByRole('textbox', { name: 'with a' }).fill('contact');
  await page.getByRole('textbox', { name: 'of the id' }).fill('c1');
  const attributes = page.getByRole('textbox', { name: /attributes/ });
  const picture = page.getByRole('list', { name: 'Why delete came out so' });
  for (const owner of ['bob', 'alice']) {
    await attributes.fill(`{"owner": "${owner}"}`);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.waitForFunction((o) => location.hash.includes(encodeURIComponent(o)), `"${owner}"`);
    said[owner] = await picture.getByText(/^[✓✕]/).textContent();
    said[owner + 'Why'] = await picture.getByText(/^(Decided|No rule)/).textContent();
  }
  said.who = (await picture.getByRole('listitem').first().innerText()).split('\n')[1];
  said.origin = await picture.getByText(/^from pool/).count();
  await page.getByRole('cell', { name: '"support"' }).waitFor();
  await accessible(page, 'decisions');

  // What somebody else asked at the decision point is in the log, and can be asked again.
  await page.getByRole('tab', { name: 'Recent' }).click();
  const asked = page.getByRole('row', { name: /alice.*read.*contact\/c7/ });
  await until(asked, page.getByRole('button', { name: 'Ask for decisions again' }));
  await accessible(page, 'recent decisions');
  await asked.getByRole('link', { name: /^Ask again/ }).click();
  await page.getByRole('list', { name: 'Why read came out so' }).waitFor();

  // A token counts until its user is signed out.
  const verdict = async (text) => {
    await to('tokens', 'Tokens');
    await page.getByRole('textbox', { name: 'Token' }).fill(text);
    await page.getByRole('button', { name: 'Look at it' }).click();
    return (await page.getByTestId('verdict').innerText()).split('\n')[0];
  };
  said.token = [await verdict(token)];
  await page.getByRole('row', { name: /what it is for/ }).getByText('access').waitFor();
  await accessible(page, 'token');
  await to(`pools/${pool}/users/bob`, 'bob');
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Sign out everywhere' }).click();
  await dialog(page).getByRole('button', { name: 'Sign out' }).click();
  await notice(page, 'bob is signed out everywhere.');
  said.token.push(await verdict(token), await verdict(token.slice(0, -8) + 'AAAAAAAA'), await verdict('no token'));

  // Who did that is in the audit log.
  await to('audit', 'Audit log');
  await page.getByRole('textbox', { name: 'Operation' }).fill('AdminUserGlobalSignOut');
  const record = page.getByRole('row', { name: /AdminUserGlobalSignOut.*access key dev/ });
  await page.getByRole('button', { name: 'Find', exact: true }).click(); // it may stand in the list of all already
  await until(record, page.getByRole('button', { name: 'Find', exact: true }));
  await page.getByRole('heading', { name: 'Records (1)' }).waitFor(); // the rest is not shown any more
  await accessible(page, 'audit log');

  // A client with a secret, changed and ended; the sign-in page of another.
  await to(`pools/${pool}/clients`, 'App clients');
  await page.getByRole('button', { name: 'Create app client' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('reports');
  await dialog(page).getByRole('radio', { name: 'On a server' }).check();
  await dialog(page).getByRole('button', { name: 'Create app client' }).click();
  await heading(page, 'reports');
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByText('The new secret, shown this once').waitFor();
  await accessible(page, 'client');
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await dialog(page).getByRole('textbox', { name: 'Callback URLs' }).fill('https://reports.example.com/back');
  await dialog(page).getByRole('textbox', { name: 'Scopes' }).fill('openid');
  await dialog(page).getByRole('button', { name: /OAuth 2.0 grants/ }).click();
  await page.getByRole('option', { name: 'code' }).click();
  await page.keyboard.press('Escape');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The app client is saved.');
  await page.getByText('https://reports.example.com/back').waitFor();
  await page.getByRole('button', { name: 'Delete', exact: true }).first().click();
  await dialog(page).getByLabel('Type reports to confirm').fill('reports');
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await notice(page, 'The app client reports was deleted.');
  await to(`pools/${pool}/clients/contactsweb0000000000000000`, 'contacts-web');
  await page.waitForFunction(() => document.querySelector('a[target=_blank][href*=code_challenge]'));
  const [signIn] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: /Try the sign-in page/ }).click()]);
  await signIn.waitForSelector('input[name=username]');
  said.opener = await signIn.evaluate(() => [window.opener, sessionStorage.length]);
  await signIn.close();

  await to(`pools/${pool}/groups`, 'Groups');
  await page.getByRole('button', { name: 'Create group' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('auditors');
  await dialog(page).getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('link', { name: 'auditors' }).waitFor();

  // Every page fits on a telephone and can be read in the dark.
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [hash, name] of [
    ['decisions', 'Decisions'], ['tokens', 'Tokens'], ['audit', 'Audit log'], ['policy-stores', 'Policy stores'], ['identity-pools', 'Identity pools'],
    [`pools/${pool}/users`, 'Users'], [`pools/${pool}/users/bob`, 'bob'], [`pools/${pool}/groups`, 'Groups'], [`pools/${pool}/clients`, 'App clients'],
    [`pools/${pool}/sign-in`, 'Sign-in'], [`pools/${pool}/outward`, 'Domain, APIs and providers'],
  ]) {
    await to(hash, name);
    await page.waitForLoadState('networkidle');
    await fits(page, hash);
    await accessible(page, 'dark ' + hash);
  }
  said.broken = await page.getByTestId('broken').count();
  said.url = page.url().startsWith(url);
  return said;
}
