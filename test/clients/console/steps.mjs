// What journeys in the console have in common.

export const pool = 'us-east-1_Cognate01'; // of examples/dev/seeds.yaml

export const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
export const dialog = (page) => page.getByRole('dialog');
/** An error as it is shown: its name and its text. */
export const fault = async (page) => (await page.getByTestId('fault').innerText()).split('\n').map((l) => l.trim()).filter(Boolean).join(': ');
export const notice = (page, text) => page.getByText(text).first().waitFor();

export async function develop(open, settings) {
  const page = await open(settings);
  await page.getByRole('button', { name: 'Continue in development' }).click();
  await heading(page, 'User pools');
  return page;
}

export const to = async (page, hash, name) => {
  await page.evaluate((h) => { location.hash = h; }, '#/' + hash);
  await heading(page, name);
};
/** The command that a dialog shows. */
export const commandOf = async (page) => {
  await dialog(page).getByRole('button', { name: 'The same with the AWS CLI' }).click();
  return dialog(page).getByRole('region', { name: 'AWS CLI command' }).textContent();
};
