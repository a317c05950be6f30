package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// proxy passes messages of the wire protocol through, one command of all
// connections at a time.
type proxy struct {
	backend string
	turn    sync.Mutex // held from a request to its last answer
}

func (p *proxy) serve(ctx context.Context, listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go p.handle(ctx, client)
	}
}

func (p *proxy) handle(ctx context.Context, client net.Conn) {
	defer client.Close() //nolint:errcheck // nothing to flush
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.backend)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // nothing to flush
	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		answers, err := p.exchange(server, request)
		if err != nil {
			return
		}
		for _, answer := range answers {
			if _, err := client.Write(answer); err != nil {
				return
			}
		}
	}
}

// exchange sends one request and collects its answers while everybody waits.
func (p *proxy) exchange(server net.Conn, request []byte) ([][]byte, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	if moreToCome(request) {
		return nil, nil // an unacknowledged write
	}
	var answers [][]byte
	for {
		answer, err := readMessage(server)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
		if !moreToCome(answer) {
			return answers, nil
		}
	}
}

// Layout of a message: length, request id, answer to, opcode (four bytes each,
// little endian); an OP_MSG goes on with four bytes of flags.
const (
	headerBytes   = 16
	maxBytes      = 64 << 20
	opMsg         = 2013
	flagMoreComes = 1 << 1
)

func readMessage(r io.Reader) ([]byte, error) {
	header := make([]byte, headerBytes)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header)
	if length < headerBytes || length > maxBytes {
		return nil, fmt.Errorf("message of %d bytes: %w", length, errors.ErrUnsupported)
	}
	message := make([]byte, length)
	copy(message, header)
	_, err := io.ReadFull(r, message[headerBytes:])
	return message, err
}

func moreToCome(message []byte) bool {
	return len(message) >= headerBytes+4 &&
		binary.LittleEndian.Uint32(message[12:]) == opMsg &&
		binary.LittleEndian.Uint32(message[headerBytes:])&flagMoreComes != 0
}
