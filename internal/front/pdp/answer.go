package pdp

import (
	"crypto/rand"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// answer writes a message. ?pretty, with or without a value, indents it.
func (c *call) answer(m proto.Message) error {
	options := protojson.MarshalOptions{}
	if m, is := m.(*responsev1.CheckResourcesResponse); is && c.r.URL.RawQuery == "" {
		if body, ok := plain(m); ok {
			return c.write(http.StatusOK, body)
		}
	}
	if c.r.URL.RawQuery != "" && c.r.URL.Query().Has("pretty") {
		options.Indent = "  "
	}
	body, err := options.Marshal(m)
	if err != nil {
		return refuse(internal, "Internal error").because(err)
	}
	c.w.Header()["Grpc-Metadata-Cerbos-Version"] = []string{c.server.parts.Info.GetVersion()} // as Cerbos' gateway names it
	return c.write(http.StatusOK, body)
}

// write sends a whole JSON answer. Its error only means that nobody reads it any more.
func (c *call) write(status int, body []byte) error {
	c.status = status
	h := c.w.Header()
	c.tell(h)
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
	return nil
}

// callID is a ULID: 48 bits of milliseconds and 80 random bits in Crockford's base 32, so that ids sort by time.
// https://github.com/ulid/spec
func callID(at time.Time) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:], uint64(at.UnixMilli())<<16)
	_, _ = rand.Read(raw[6:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	high, low := binary.BigEndian.Uint64(raw[:8]), binary.BigEndian.Uint64(raw[8:])
	var out [26]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(out[:])
}

// milliseconds is a duration for Server-Timing, in microsecond steps.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', -1, 64)
}
