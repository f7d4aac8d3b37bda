// A new import job: made, given its file, started. What fails on the way is said, and the job is there to go on with.
import { CreateUserImportJobCommand, GetCSVHeaderCommand, StartUserImportJobCommand, type CreateUserImportJobCommandInput, type PasswordHashingAlgorithmType } from '@aws-sdk/client-cognito-identity-provider';
import Button from '@cloudscape-design/components/button';
import FileUpload from '@cloudscape-design/components/file-upload';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useRef, useState } from 'react';
import { userPools } from '../aws';
import { useAbout } from '../part/about';
import { Dialog } from '../part/dialog';
import { go } from '../route';
import { put } from './file';

const hashes = [{ value: '', label: 'None: they choose a new password' }, ...['BCRYPT', 'SCRYPT', 'ARGON2ID', 'PBKDF2_SHA256'].map((value) => ({ value, label: value, description: 'The file has a column password_hash' }))];
const none = 'arn:aws:iam::000000000000:role/unused';

export function NewImport({ pool, close, done }: { pool: string; close: () => void; done: () => void }) {
  const [name, setName] = useState('');
  const [hash, setHash] = useState('');
  const [files, setFiles] = useState<File[]>([]);
  const made = useRef<{ id: string; of: string; url: string }>(undefined);
  const account = useAbout()?.account;
  const role = account ? `arn:aws:iam::${account}:role/unused` : none;
  const input: CreateUserImportJobCommandInput = { UserPoolId: pool, JobName: name.trim(), CloudWatchLogsRoleArn: role, ...(hash ? { PasswordHashingAlgorithm: hash as PasswordHashingAlgorithmType } : {}) };
  const file = files[0];
  async function run() {
    if (!file) return;
    // A second try goes on with the job that the first one made.
    const of = JSON.stringify(input);
    if (made.current?.of !== of) {
      const job = (await userPools().send(new CreateUserImportJobCommand(input))).UserImportJob;
      made.current = { id: job?.JobId ?? '', of, url: job?.PreSignedUrl ?? '' };
      done();
    }
    await put(made.current.url, file);
    await userPools().send(new StartUserImportJobCommand({ UserPoolId: pool, JobId: made.current.id }));
    go(['pools', pool, 'import', made.current.id]);
  }
  return (
    <Dialog title="Import users" submit="Import" ready={name.trim() !== '' && file !== undefined} change={run} said="The import has begun." close={close} done={done} cli={[{ service: 'cognito-idp', operation: 'CreateUserImportJob', input }, { service: 'cognito-idp', operation: 'StartUserImportJob', input: { UserPoolId: pool, JobId: made.current?.id ?? 'JOB' } }]}>
      <FormField label="Name"><Input value={name} onChange={(e) => setName(e.detail.value)} name="job-name" autoFocus spellcheck={false} autoComplete={false} /></FormField>
      <FormField label="Hashes of passwords"><Select selectedOption={hashes.find((h) => h.value === hash) ?? null} options={hashes} onChange={(e) => setHash(e.detail.selectedOption.value ?? '')} expandToViewport /></FormField>
      <FormField label="File" description="CSV: the first line names the columns, each further one is a user.">
        <FileUpload
          value={files}
          onChange={(e) => setFiles(e.detail.value.slice(-1))}
          accept=".csv,text/csv"
          showFileSize
          i18nStrings={{ uploadButtonText: () => 'Choose file', dropzoneText: () => 'Drop the file here', removeFileAriaLabel: () => 'Remove the file', limitShowFewer: 'Fewer', limitShowMore: 'More', errorIconAriaLabel: 'Error' }}
        />
      </FormField>
    </Dialog>
  );
}

/** A file with the columns of this pool, to fill in. */
export function Template({ pool }: { pool: string }) {
  const [busy, setBusy] = useState(false);
  async function save() {
    setBusy(true);
    try {
      const header = (await userPools().send(new GetCSVHeaderCommand({ UserPoolId: pool }))).CSVHeader ?? [];
      const a = document.createElement('a');
      a.href = URL.createObjectURL(new Blob([header.join(',') + '\n'], { type: 'text/csv' }));
      a.download = `${pool}.csv`;
      a.click();
      URL.revokeObjectURL(a.href);
    } finally {
      setBusy(false);
    }
  }
  return <Button iconName="download" loading={busy} onClick={() => void save()}>File to fill in</Button>;
}
