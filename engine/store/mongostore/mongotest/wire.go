package mongotest

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Layout of a message of the wire protocol: length, id, answer to, opcode (four
// bytes each, little endian). An opMsg goes on with four bytes of flags and a
// body of kind 0; sequences of documents of kind 1 may follow. An opQuery, with
// which a driver says hello, has flags, a name that ends with a zero byte, two
// numbers and a document.
const (
	wireHeader  = 16
	wireMost    = 64 << 20
	opReply     = 1
	opQuery     = 2004
	opMsg       = 2013
	moreToCome  = 1 << 1
	bodyBegins  = wireHeader + 5
	replyBegins = wireHeader + 20
)

var errWire = errors.New("not a message of the wire protocol")

// readWire reads one message.
func readWire(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head)
	if length < wireHeader || length > wireMost {
		return nil, errWire
	}
	message := make([]byte, length)
	copy(message, head)
	_, err := io.ReadFull(r, message[4:])
	return message, err
}

// request is what a driver sends.
type request struct {
	id    uint32
	query bool // an opQuery
	mute  bool // no answer is expected
	flags uint32
	body  bson.Raw
	rest  []byte // sequences of documents
	name  string // of the command: the first field
}

func parseRequest(message []byte) (r request, err error) {
	r.id = binary.LittleEndian.Uint32(message[4:])
	var document []byte
	switch binary.LittleEndian.Uint32(message[12:]) {
	case opQuery:
		r.query = true
		zero := slices.Index(message[wireHeader+4:], 0)
		begin := wireHeader + 4 + zero + 1 + 8
		if zero < 0 || len(message) < begin+4 {
			return r, errWire
		}
		document = message[begin:]
	case opMsg:
		if len(message) < bodyBegins+4 || message[bodyBegins-1] != 0 {
			return r, errWire
		}
		r.flags = binary.LittleEndian.Uint32(message[wireHeader:])
		r.mute = r.flags&moreToCome != 0
		document = message[bodyBegins:]
	default:
		return r, errWire
	}
	length := int(binary.LittleEndian.Uint32(document))
	if length > len(document) {
		return r, errWire
	}
	r.body, r.rest = bson.Raw(document[:length]), document[length:]
	elements, err := r.body.Elements()
	if err != nil || len(elements) == 0 {
		return r, errWire
	}
	r.name = elements[0].Key()
	return r, nil
}

// without writes the request anew, less some fields of its body.
func (r request) without(fields ...string) ([]byte, error) {
	elements, err := r.body.Elements()
	if err != nil {
		return nil, err
	}
	kept := bson.D{}
	for _, e := range elements {
		if !slices.Contains(fields, e.Key()) {
			kept = append(kept, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	body, err := bson.Marshal(kept)
	if err != nil {
		return nil, err
	}
	return wire(r.id, 0, r.flags, append(body, r.rest...)), nil
}

// wire writes an opMsg; tail is the body and what follows it.
func wire(id, to, flags uint32, tail []byte) []byte {
	text := make([]byte, 0, bodyBegins+len(tail))
	for _, n := range []uint32{uint32(bodyBegins + len(tail)), id, to, opMsg, flags} {
		text = binary.LittleEndian.AppendUint32(text, n)
	}
	return append(append(text, 0), tail...)
}

// answer writes an answer in the way the request was made.
func (r request) answer(document any) ([]byte, error) {
	body, err := bson.Marshal(document)
	if err != nil {
		return nil, err
	}
	if !r.query {
		return wire(1, r.id, 0, body), nil
	}
	text := make([]byte, 0, replyBegins+len(body))
	for _, n := range []uint32{uint32(replyBegins + len(body)), 1, r.id, opReply, 8, 0, 0, 0, 1} { // flags, cursor, start, count
		text = binary.LittleEndian.AppendUint32(text, n)
	}
	return append(text, body...), nil
}
