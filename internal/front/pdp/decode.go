package pdp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// decode reads the body into a message. The content type does not matter, as with Cerbos.
func (c *call) decode(m proto.Message) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	return unmarshal(body, m)
}

// body reads the whole body, if it is not too large.
func (c *call) body() ([]byte, error) {
	most := c.server.cfg.MaxBody
	var body []byte
	var err error
	if n := c.r.ContentLength; n >= 0 && n <= most {
		body = make([]byte, n)
		_, err = io.ReadFull(c.r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(c.r.Body, most+1))
	}
	switch {
	case err != nil:
		return nil, refuse(invalidArgument, "the request body could not be read").because(err)
	case int64(len(body)) > most:
		return nil, tooLarge(max(c.r.ContentLength, int64(len(body))), most)
	}
	return body, nil
}

// tooLarge is in the words of gRPC, to which Cerbos' gateway passes bodies on. Cerbos counts the bytes of the message, and
// this server those of the JSON, so that it need not hold more to know.
func tooLarge(size, most int64) error {
	return refuse(resourceExhausted, fmt.Sprintf("grpc: received message larger than max (%d vs. %d)", size, most))
}

// unmarshal reads the first JSON value of a body; none is the empty message. Where Cerbos' JSON reader and the one
// for protobuf word an error differently, the answer is the former's, so the body goes through both once it is odd.
func unmarshal(body []byte, m proto.Message) error {
	if protojson.Unmarshal(body, m) == nil {
		return nil
	}
	var first json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			proto.Reset(m)
			return nil
		}
		return refuse(invalidArgument, err.Error())
	}
	proto.Reset(m)
	if err := protojson.Unmarshal(first, m); err != nil {
		return refuse(invalidArgument, err.Error())
	}
	return nil
}
