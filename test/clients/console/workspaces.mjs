// What is done with workspaces in the console.
import { develop, dialog, fault, heading } from './steps.mjs';

/** A workspace, a connection by the Cognito template, an attribute and its mapping: by looking, and the commands that do the same. */
export async function connect({ open, accessible, fits, secret }) {
  const page = await develop(open);
  const said = { commands: [] };
  const command = async () => {
    await page.getByRole('button', { name: 'The same with curl' }).click();
    said.commands.push(await page.getByRole('region', { name: 'curl command' }).textContent());
  };
  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Workspaces' }).click();
  await heading(page, 'Workspaces');
  await page.getByRole('button', { name: 'Create workspace' }).first().click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Work at home');
  await dialog(page).getByRole('textbox', { name: 'ID' }).fill('At home');
  await dialog(page).getByRole('button', { name: 'Create workspace' }).click();
  said.refused = await fault(page);
  await dialog(page).getByRole('textbox', { name: 'ID' }).fill('home');
  await accessible(page, 'new workspace');
  await command();
  await dialog(page).getByRole('button', { name: 'Create workspace' }).click();
  await heading(page, 'Work at home');
  await accessible(page, 'workspace');

  await page.getByRole('link', { name: 'Create connection' }).click();
  await heading(page, 'Create connection');
  await page.getByRole('radio', { name: 'Amazon Cognito' }).check();
  await accessible(page, 'templates');
  await page.getByRole('button', { name: 'Next' }).click();
  await heading(page, 'Connect Amazon Cognito');
  said.redirect = await page.getByText(/\/oauth2\/idpresponse$/).textContent();
  await page.getByLabel('Name', { exact: true }).fill('Staff');
  await page.getByLabel('Pool ID').fill('eu-west-1_AbCd12345');
  await page.getByLabel('Client ID').fill('broker');
  await page.getByLabel('Client secret').fill(secret);
  await page.getByText('Keep what the provider has said').click();
  await page.getByRole('spinbutton', { name: 'Time to live' }).fill('1.5');
  await page.getByRole('button', { name: 'Advanced settings' }).click();
  await page.getByRole('button', { name: /^Authentication method reference/ }).click();
  await page.getByRole('option', { name: /^mfa/ }).click();
  await page.getByRole('heading', { level: 1 }).click();
  await page.getByText('Get user info', { exact: true }).click();
  await accessible(page, 'form of a connection');
  await command();
  await page.getByRole('button', { name: 'Save' }).click();
  await heading(page, 'Staff');
  await page.getByRole('tab', { name: 'Configuration', selected: true }).waitFor();
  said.secretShown = (await page.content()).includes(secret);
  await accessible(page, 'connection');

  await page.getByRole('tab', { name: 'Attributes' }).click();
  await page.getByRole('button', { name: 'Add attribute' }).click();
  await dialog(page).getByLabel('Claim name').fill('https://example.com/department');
  await dialog(page).getByRole('button', { name: 'The dots belong to the name' }).click();
  await dialog(page).getByLabel('Display name').fill('Department');
  await accessible(page, 'attribute');
  await command();
  await dialog(page).getByRole('button', { name: 'Add attribute' }).click();
  await page.getByRole('link', { name: /^Map https/ }).click();

  await page.getByRole('button', { name: /^Map https/ }).click();
  await dialog(page).getByText('department is new in the authentication context').waitFor();
  await accessible(page, 'mapping');
  await command();
  await dialog(page).getByRole('button', { name: 'Add mapping' }).click();
  await page.getByRole('button', { name: 'Edit the mapping to department', exact: true }).waitFor();
  await accessible(page, 'mappings');

  // The same in the dark, on a telephone.
  const small = await develop(open, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  for (const [where, name] of [['', 'Work at home'], ['/providers', 'Identity providers'], ['/providers/staff', 'Staff'], ['/providers/staff/mappings', 'Staff'], ['/providers/create-connection/saml', 'Connect SAML 2.0']]) {
    await small.evaluate((h) => { location.hash = h; }, '#/workspaces/home' + where);
    await heading(small, name);
    await fits(small, 'home' + where);
    await accessible(small, 'dark home' + where);
  }
  return said;
}

/** A workspace that is there: a script is put behind a connection, another connection is changed, then ended. */
export async function extend({ open, accessible }) {
  const page = await develop(open);
  const said = {};
  const to = async (where, name) => {
    await page.evaluate((h) => { location.hash = h; }, '#/workspaces/shop/' + where);
    await heading(page, name);
  };
  await to('providers/staff/extensions', 'Staff');
  await page.getByRole('button', { name: /^Script/ }).click();
  await page.getByRole('option', { name: /upper case/ }).click();
  await page.getByText('Go on without it when it fails').click();
  await accessible(page, 'extensions');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'The same with curl' }).waitFor({ state: 'detached' }); // nothing is left to be saved
  await page.getByRole('button', { name: 'Try it' }).click();
  said.portal = await page.getByRole('menuitem', { name: /User portal/ }).getAttribute('href');
  await page.keyboard.press('Escape');

  // The secret would go to somebody else: the server asks for it again.
  await to('providers/old', 'Old');
  await page.getByLabel('Issuer URL').fill('https://elsewhere.example.com');
  await page.getByRole('button', { name: 'Save' }).click();
  said.refused = await fault(page);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  said.unconfirmed = await dialog(page).getByRole('button', { name: 'Delete' }).isDisabled();
  await dialog(page).getByLabel('Type old to confirm').fill('old');
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await heading(page, 'Identity providers');
  await page.getByRole('link', { name: 'Staff' }).waitFor();
  said.left = await page.getByRole('link', { name: 'Old' }).count();
  return said;
}
