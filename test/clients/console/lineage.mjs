// What becomes of data in a workspace: its lineage, its claims and applications, its scripts, and the traces of its sign-ins.
import { develop, dialog, heading, notice } from './steps.mjs';

/** A workspace of one connection, whose attribute custom:department nothing takes yet, and an app that somebody has signed in to. */
export async function lineage({ open, accessible, fits, key: client }) {
  const page = await develop(open);
  const said = {};
  const to = async (hash, name) => {
    await page.evaluate((h) => { location.hash = h; }, '#/workspaces/work/' + hash);
    await heading(page, name);
  };
  const node = (name) => page.getByRole('button', { name: new RegExp(`^${name}, `) });

  // A way that ends nowhere says so, and is led on from the picture.
  await to(`lineage?client=${client}`, 'Data lineage');
  await node('custom:department').waitFor();
  said.before = await node('custom:department').locator('.lack').textContent();
  said.phone = await page.getByRole('list', { name: /^What .* gets$/ }).getByText(/needs the scope phone/).count();
  await accessible(page, 'lineage');
  await node('custom:department').click();
  await page.getByRole('button', { name: 'Add mapping' }).last().click();
  await dialog(page).getByRole('button', { name: 'The same with curl' }).click();
  said.curl = (await dialog(page).getByRole('region', { name: 'curl command' }).textContent()).includes('.mappings += [');
  await accessible(page, 'mapping');
  await dialog(page).getByRole('button', { name: 'Add mapping' }).click();
  await notice(page, 'department is written from now on.');
  await node('department').locator('.lack', { hasText: 'no claim' }).waitFor();
  await node('department').click();
  await page.getByRole('button', { name: 'Add claim' }).click();
  await accessible(page, 'claim');
  await dialog(page).getByRole('button', { name: 'Add claim' }).click();
  await notice(page, 'The claim department is there.');
  await page.getByRole('list', { name: /^What .* gets$/ }).getByText('always').waitFor();

  // By the keyboard alone: along the lines to the client, which hears of it.
  await node('custom:department').focus();
  for (const k of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(k);
  said.story = await page.locator('.lineage-said p').textContent();
  said.lit = await page.locator('.lineage-grid .node.lit').evaluateAll((all) => all.map((n) => n.querySelector('b').textContent));

  // The same as a table, and by name.
  await page.getByRole('radio', { name: 'Table' }).or(page.getByRole('button', { name: 'Table', exact: true })).first().click();
  await page.getByRole('searchbox', { name: 'Part of a name' }).fill('department');
  said.row = (await page.getByRole('row', { name: /custom:department/ }).innerText()).split(/[\n\t]+/).map((t) => t.trim()).filter(Boolean);
  await accessible(page, 'lineage as a table');

  // Why the sign-in before that has nothing of it.
  await to('traces', 'Sign-in traces');
  await page.getByRole('row', { name: /Signed in/ }).getByRole('link').click();
  const happened = page.getByRole('list', { name: 'What happened' });
  await happened.getByText('The application got a code').waitFor();
  said.read = await happened.getByText('custom:department, in the ID token').count();
  await accessible(page, 'trace');

  // An application whose secret is shown once.
  await to('clients', 'Applications');
  await page.getByRole('button', { name: 'Create application' }).first().click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('Intranet');
  await dialog(page).getByRole('textbox', { name: 'Redirect URIs' }).fill('https://intranet.example.com/callback');
  await dialog(page).getByRole('button', { name: 'Create application' }).click();
  await page.getByTestId('secret').waitFor();
  await accessible(page, 'applications');
  await page.getByRole('link', { name: 'Intranet' }).click();
  await heading(page, 'Intranet');
  said.secrets = await page.getByTestId('secret').count();

  // A script that throws says on which line.
  await to('scripts', 'Scripts');
  await page.getByRole('button', { name: 'Create script' }).first().click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('upper case');
  await dialog(page).getByRole('button', { name: 'Create script' }).click();
  await heading(page, 'upper case');
  const text = page.getByRole('textbox', { name: 'Text of the script' });
  await text.fill("module.exports = async () => {\n  throw new Error('no')\n}\n");
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByTestId('outcome').getByText('On line 2').waitFor();
  await text.fill("module.exports = async (c) => ({ authn_ctx: { name: c.authn_ctx.name.toUpperCase() } })\n");
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  said.output = JSON.parse(await page.getByTestId('outcome').getByRole('region', { name: 'Output' }).textContent());
  await page.getByRole('button', { name: 'Save' }).click();
  await notice(page, 'The script is saved.');
  await accessible(page, 'script');

  // Every page fits on a telephone and can be read in the dark.
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [hash, name] of [['lineage', 'Data lineage'], ['claims', 'Claims and scopes'], ['claims/scopes', 'Claims and scopes'], ['clients', 'Applications'], ['scripts', 'Scripts'], ['traces', 'Sign-in traces']]) {
    await to(hash, name);
    await page.getByRole('table').first().waitFor();
    await page.waitForLoadState('networkidle');
    await fits(page, hash);
    await accessible(page, 'dark ' + hash);
  }
  said.broken = await page.getByTestId('broken').count();
  return said;
}
