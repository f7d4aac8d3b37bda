package job

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
)

// Path begins the path of everything about import jobs that is no operation of the API: PUT Path/POOL/JOB takes a file,
// GET Path/POOL/JOB/log gives a log.
const Path = "/_cognate/import"

// purposeUpload separates the signatures of URLs from everything else under the master key.
const purposeUpload = "import-upload"

// URL is where the file of a job goes, good for 15 minutes after the job was made. Whoever has it may upload, nothing
// else.
func (s *Jobs) URL(j *Job) string {
	expires := strconv.FormatInt(j.CreatedAt.Add(urlLife).Unix(), 10)
	query := url.Values{"expires": {expires}, "signature": {s.sign(j.PoolID, j.ID, expires)}}
	return s.Public + Path + "/" + j.PoolID + "/" + j.ID + "?" + query.Encode()
}

func (s *Jobs) sign(poolID, id, expires string) string {
	return base64.RawURLEncoding.EncodeToString(s.Digests.MAC(purposeUpload, []byte(poolID), []byte(id), []byte(expires)))
}

// CheckURL refuses what URL did not make, or made too long ago, without a look at the store.
func (s *Jobs) CheckURL(poolID, id, expires, signature string) error {
	if !hmac.Equal([]byte(signature), []byte(s.sign(poolID, id, expires))) {
		return fault.Deniedf("The signature of the URL does not match.")
	}
	at, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || s.Now().Unix() > at {
		return fault.Deniedf("Request has expired.")
	}
	return nil
}

// pieceSize is how many bytes of a file lie in one row: one transaction of an upload writes so much.
const pieceSize = 256 << 10

// Receive takes the file of a job from body, piece by piece. It counts when all of it is there; an older one is replaced.
// The caller has checked the URL. A file that is too large is a fault Limited, one for a job that was started a fault
// Precondition.
func (s *Jobs) Receive(ctx context.Context, poolID, id string, body io.Reader) error {
	j, err := s.Store.ImportJob(ctx, poolID, id)
	if err != nil {
		return err
	}
	if err := s.takesFile(j); err != nil {
		return err
	}
	upload := random.Alnum(20)
	var size, lines int64
	buffer := make([]byte, pieceSize)
	for n := 0; ; n++ {
		got, err := io.ReadFull(body, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fault.Invalidf("The upload was cut short.").Because(err)
		}
		size += int64(got)
		lines += int64(bytes.Count(buffer[:got], []byte("\n")))
		if s.MaxBytes > 0 && size > s.MaxBytes {
			return fault.Limitedf("The file has more than %d bytes.", s.MaxBytes)
		}
		if s.MaxUsers > 0 && lines > s.MaxUsers+1 { // the header is a line, too
			return fault.Limitedf("The file has more than %d users.", s.MaxUsers)
		}
		if got > 0 {
			err := s.Files.AddImportPiece(ctx, Piece{PoolID: poolID, JobID: id, Upload: upload, N: n, Data: buffer[:got], At: s.moment()})
			if err != nil {
				return fmt.Errorf("keep a piece of the file: %w", err)
			}
		}
		if last {
			break
		}
	}
	if size == 0 {
		return fault.Invalidf("The file is empty.")
	}
	_, err = s.Store.UpdateImportJob(ctx, poolID, id, func(_ context.Context, j *Job) error {
		if err := s.takesFile(j); err != nil {
			return err
		}
		j.Upload, j.Size = upload, size
		return nil
	})
	return err
}

func (s *Jobs) takesFile(j *Job) error {
	if s.Shown(j) != Created {
		return precondition("The import job takes no file any more: its state is " + string(s.Shown(j)) + ".")
	}
	return nil
}

// file reads a job's file from an offset on, one piece at a time.
type file struct {
	ctx   context.Context //nolint:containedctx // a reader has no other place for it
	files Files
	job   *Job
	next  int
	skip  int
	rest  []byte
}

func (s *Jobs) file(ctx context.Context, j *Job, offset int64) *file {
	return &file{ctx: ctx, files: s.Files, job: j, next: int(offset / pieceSize), skip: int(offset % pieceSize)}
}

// Read implements io.Reader.
func (f *file) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		if int64(f.next)*pieceSize+int64(f.skip) >= f.job.Size {
			return 0, io.EOF
		}
		data, err := f.files.ImportPiece(f.ctx, Piece{PoolID: f.job.PoolID, JobID: f.job.ID, Upload: f.job.Upload, N: f.next})
		if err != nil {
			return 0, err
		}
		f.rest = data[min(f.skip, len(data)):]
		f.next++
		f.skip = 0
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func isBad(err error) bool { return errors.Is(err, cursor.ErrBad) }
