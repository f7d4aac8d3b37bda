// What pools and stores can be told in the console beyond their beginnings, one function a journey.
import { patience } from '../browser.mjs';
import { commandOf, develop, dialog, fault, heading, notice, pool, to } from './steps.mjs';

export const pools = { brand, federate, protect, bring, idle };

/** Colours and a logo are chosen, seen before they are saved, and are then on the sign-in page itself. */
async function brand({ open, accessible, fits, url }) {
  const page = await develop(open);
  const said = {};
  const client = 'contactsweb0000000000000000';
  await to(page, `pools/${pool}/branding?client=${client}`, 'Branding');
  await page.getByRole('button', { name: 'Create style' }).click();
  await dialog(page).getByRole('button', { name: 'Create style' }).click();
  await notice(page, 'The style is there');

  const preview = page.frameLocator('iframe[title="Preview of the page"]');
  const button = preview.getByRole('button', { name: 'Sign in', exact: true });
  const colour = (of) => of.evaluate((b) => getComputedStyle(b).backgroundColor);
  /** What the button's colour becomes: this one, or the one that it still has when patience ends. */
  const turns = async (rgb) => {
    let now = await colour(button);
    for (const end = Date.now() + patience; now !== rgb && Date.now() < end; now = await colour(button)) await page.evaluate(() => new Promise(requestAnimationFrame));
    return now;
  };
  await button.waitFor();
  await accessible(page, 'branding');
  await page.getByRole('textbox', { name: 'Button', exact: true }).fill('0b6e4f');
  said.preview = await turns('rgb(11, 110, 79)');
  await page.getByRole('textbox', { name: 'Text of the button', exact: true }).fill('0b6e50');
  await page.getByText('Hard to read: 1.0 to 1').waitFor();
  await page.getByRole('textbox', { name: 'Text of the button', exact: true }).fill('xyz');
  said.half = await page.getByRole('button', { name: 'Save' }).isDisabled();
  await page.getByRole('textbox', { name: 'Text of the button', exact: true }).fill('ffffff');

  await page.getByRole('tab', { name: 'Images' }).click();
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" width="60" height="20"><rect width="60" height="20" rx="6" fill="#0b6e4f"/></svg>';
  await page.locator('input[type=file]').first().setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg.replace('<rect', '<script>1</script><rect')) });
  await page.getByText('The asset FORM_LOGO is not a safe SVG image').waitFor();
  await page.locator('input[type=file]').first().setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) });
  await preview.locator('img.logo').first().waitFor();
  await page.getByTestId('fault').waitFor({ state: 'detached' });
  await accessible(page, 'images');
  await page.getByRole('button', { name: 'Save' }).click();
  said.command = (await commandOf(page)).includes('"backgroundColor":"0b6e4fff"');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The style is saved.');

  // The page itself, as people see it.
  const ask = new URLSearchParams({ client_id: client, response_type: 'code', redirect_uri: 'http://localhost:3000/callback', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' });
  const real = await page.context().newPage();
  await real.emulateMedia({ colorScheme: 'light' });
  await real.goto(`${url}/${pool}/login?${ask}`);
  said.real = [await colour(real.getByRole('button', { name: 'Sign in', exact: true })), await real.locator('img.logo').count()];
  await real.close();

  await page.getByRole('button', { name: 'Reset' }).click();
  await dialog(page).getByRole('button', { name: 'Reset' }).click();
  await notice(page, 'The style is as it came.');
  said.reset = await turns('rgb(42, 91, 215)');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  await fits(page, 'branding');
  await accessible(page, 'dark branding');
  return said;
}

/** Providers come, change and go; a secret goes in and is not seen again, and stays when it is left empty. */
async function federate({ open, accessible, fits }) {
  const page = await develop(open);
  const said = {};
  await to(page, `pools/${pool}/outward`, 'Domain, APIs and providers');
  const add = async (kind, name) => {
    await page.getByRole('button', { name: 'Add provider' }).click();
    await dialog(page).getByRole('button', { name: /^Kind/ }).click();
    await page.getByRole('option', { name: kind, exact: true }).click();
    if (name) await dialog(page).getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  };
  await page.getByRole('button', { name: 'Add provider' }).waitFor();
  await add('OpenID Connect', 'Partner');
  await dialog(page).getByRole('textbox', { name: 'Client ID' }).fill('us');
  await dialog(page).getByLabel('Client secret').fill('nobody-sees-this');
  await dialog(page).getByRole('button', { name: 'Add provider' }).click();
  said.refused = await fault(page);
  await dialog(page).getByRole('textbox', { name: 'Issuer' }).fill('https://id.example.com');
  await dialog(page).getByRole('textbox', { name: /^Domains of addresses/ }).fill('example.com');
  await accessible(page, 'add provider');
  const text = await commandOf(page);
  said.command = [text.split('\n')[0], text.includes('nobody-sees-this')];
  await dialog(page).getByRole('button', { name: 'Add provider' }).click();
  await notice(page, 'The identity provider is there.');

  await page.getByRole('button', { name: 'Edit Partner' }).click();
  await dialog(page).getByRole('textbox', { name: 'Client ID' }).fill('them');
  said.secret = await dialog(page).getByLabel('Client secret').inputValue();
  await dialog(page).getByRole('button', { name: 'Save' }).click(); // refused if the secret had gone
  await notice(page, 'The identity provider is saved.');
  await page.getByRole('button', { name: 'Settings of Partner' }).click();
  const shown = JSON.parse(await dialog(page).getByRole('region', { name: 'Settings' }).textContent());
  said.kept = [shown.details.client_id, shown.details.client_secret, shown.attributes.email, shown.identifiers];
  await page.keyboard.press('Escape');

  await add('SAML 2.0', 'Office');
  const metadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://office.example.com"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://office.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>`;
  await dialog(page).locator('input[type=file]').setInputFiles({ name: 'metadata.xml', mimeType: 'text/xml', buffer: Buffer.from(metadata) });
  await dialog(page).getByRole('button', { name: 'Add provider' }).click();
  said.unsigned = await fault(page); // without a certificate nothing that it says could be checked
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();

  await add('Google');
  await dialog(page).getByRole('textbox', { name: 'Client ID' }).fill('us');
  await dialog(page).getByLabel('Client secret').fill('nobody-sees-this');
  await dialog(page).getByRole('button', { name: 'Add provider' }).click();
  await page.getByRole('button', { name: 'Edit Google' }).waitFor();
  await page.getByRole('button', { name: 'Delete Google' }).click();
  await dialog(page).getByLabel('Type Google to confirm').fill('Google');
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await notice(page, 'The identity provider was deleted.');
  await page.setViewportSize({ width: 390, height: 840 });
  await fits(page, 'providers');
  return said;
}

/** Threat protection is turned on, told what to do for the pool, and forgets it again. */
async function protect({ open, accessible, fits }) {
  const page = await develop(open);
  const said = {};
  await to(page, `pools/${pool}/protection`, 'Protection');
  await page.getByRole('button', { name: 'Edit the mode' }).click();
  await dialog(page).getByRole('radio', { name: /^Acts/ }).check();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The mode is saved.');
  await page.getByText('Nothing is set yet').waitFor();
  await accessible(page, 'protection');
  await page.getByRole('button', { name: 'Edit what is done' }).click();
  await dialog(page).getByRole('button', { name: /^High risk/ }).click();
  await page.getByRole('option', { name: 'Block', exact: true }).click();
  await dialog(page).getByRole('textbox', { name: 'Always blocked' }).fill('203.0.113.0/33');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  said.refused = await fault(page);
  await accessible(page, 'risk');
  await dialog(page).getByRole('textbox', { name: 'Always blocked' }).fill('203.0.113.0/24');
  said.command = (await commandOf(page)).split('\n').slice(0, 1).concat((await dialog(page).getByRole('region', { name: 'AWS CLI command' }).textContent()).match(/--risk-exception.*\}/)[0]);
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The risk configuration is saved.');
  await page.getByText('203.0.113.0/24').waitFor();

  // A list that is emptied is empty, though the API keeps what is left out.
  await page.getByRole('button', { name: 'Edit what is done' }).click();
  await dialog(page).getByRole('textbox', { name: 'Always blocked' }).fill('');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('203.0.113.0/24').waitFor({ state: 'detached' });
  await page.getByText('Block', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Reset' }).click();
  await dialog(page).getByRole('button', { name: 'Reset' }).click();
  await page.getByText('Nothing is set yet').waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  await fits(page, 'protection');
  await accessible(page, 'dark protection');
  return said;
}

/** A file of people is imported; what became of the lines that brought nobody is told by line. */
async function bring({ open, accessible, fits }) {
  const page = await develop(open);
  const said = {};
  await to(page, `pools/${pool}/import`, 'Import');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'File to fill in' }).click()]);
  const chunks = [];
  for await (const c of await file.createReadStream()) chunks.push(c);
  const columns = Buffer.concat(chunks).toString().trim().split(',');
  said.columns = ['email', 'cognito:username'].every((c) => columns.includes(c));
  const line = (of) => columns.map((c) => of[c] ?? '').join(',');
  const rows = [
    { 'cognito:username': 'fay', email: 'fay@example.com', email_verified: 'true' },
    { 'cognito:username': 'gus', email: 'gus@example.com', email_verified: 'perhaps' },
    { 'cognito:username': 'bob', email: 'bob2@example.com', email_verified: 'true' }, // is there
  ].map((r) => line({ 'cognito:mfa_enabled': 'false', ...r }));
  await accessible(page, 'imports');
  await page.getByRole('button', { name: 'Import users' }).first().click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('spring');
  await dialog(page).locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from([columns.join(','), ...rows].join('\n') + '\n') });
  await dialog(page).getByText('people.csv').waitFor();
  await accessible(page, 'import users');
  await dialog(page).getByRole('button', { name: 'Import', exact: true }).click();
  await heading(page, 'spring');
  await page.getByText('Succeeded', { exact: true }).waitFor();
  const cells = async (name) => (await page.getByRole('row', { name }).getByRole('cell').allInnerTexts()).map((t) => t.trim());
  said.failed = [await page.getByRole('rowheader', { name: '3' }).count(), await cells(/Failed/)];
  said.skipped = await cells(/Skipped/);
  await accessible(page, 'import job');
  await page.getByRole('button', { name: /^All/ }).click();
  await page.getByRole('row', { name: /Imported/ }).waitFor();
  await to(page, `pools/${pool}/users/fay`, 'fay');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 840 });
  await to(page, `pools/${pool}/import`, 'Import');
  await page.getByRole('link', { name: 'spring' }).waitFor();
  await fits(page, 'imports');
  return said;
}

/** Who walks away is signed out, and is told before. The clock is the browser's: it stands still, and is moved. */
async function idle({ open }) {
  const page = await open();
  const begun = Date.now();
  await page.clock.install({ time: begun });
  await page.reload();
  await page.getByRole('button', { name: 'Continue in development' }).click();
  await heading(page, 'User pools');
  const said = {};
  const kept = () => page.evaluate(() => sessionStorage.getItem('cognate.session') !== null);
  const asked = page.getByRole('dialog', { name: 'Are you still there?' });
  // What the page was told to draw is drawn.
  const drawn = () => page.evaluate(() => new Promise((done) => { const c = new MessageChannel(); c.port1.onmessage = () => done(); c.port2.postMessage(0); }));
  await page.clock.pauseAt(begun + 20 * 60_000); // however long that took
  await page.keyboard.press('Shift'); // any key
  await page.clock.runFor('27:59');
  await drawn();
  said.early = await asked.count();
  await page.clock.runFor('00:02');
  await asked.waitFor();
  await page.keyboard.press('Shift');
  await asked.waitFor({ state: 'detached' });
  await page.clock.runFor('27:59');
  await drawn();
  said.again = await asked.count();
  said.kept = await kept();
  await page.clock.fastForward('02:30'); // asleep: no tick on the way
  await page.getByText('Nobody pressed a key or clicked for 30 minutes').waitFor();
  said.forgotten = !(await kept());
  await page.clock.resume();

  // A tab that comes back after a night is not a tab that is reloaded.
  await page.getByRole('button', { name: 'Continue in development' }).click();
  await heading(page, 'User pools');
  await page.evaluate(() => sessionStorage.setItem('cognate.used', String(Date.now() - 30 * 60_000)));
  await page.reload();
  await page.getByRole('button', { name: 'Continue in development' }).waitFor();
  said.night = await kept();
  return said;
}
