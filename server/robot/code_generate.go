package robot

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"

	"github.com/fluxo-app/fluxo/engine/robot"
)

// codeGenerate makes codes that nobody can guess.
type codeGenerate struct {
	records Records
	making  Making
	random  io.Reader
}

// Descriptor implements robot.Performer.
func (*codeGenerate) Descriptor() robot.Descriptor { return describe("code.generate", robot.Internal) }

// alphabets leave out what people mix up when they read a code aloud: 0 and O, 1, I and L.
var alphabets = map[string]string{"digits": "0123456789", "letters": "ABCDEFGHJKMNPQRSTUVWXYZ", "both": "23456789ABCDEFGHJKMNPQRSTUVWXYZ"}

// Perform makes a code and writes it into a field. When an earlier attempt has
// written one, that is the code.
//
//
func (p *codeGenerate) Perform(ctx context.Context, req robot.Request) (robot.Result, error) {
	length := 8
	if given := req.Config["length"]; given != nil {
		n, err := fmt.Sscan(fmt.Sprint(given), &length)
		if err != nil || n != 1 || length < 4 || length > 64 {
			return robot.Result{}, badConfig("length", "a number from 4 to 64 is expected")
		}
	}
	letters, failure := text(req.Config, "letters", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	if letters == "" {
		letters = "both"
	}
	alphabet, known := alphabets[letters]
	if !known {
		return robot.Result{}, badConfig("letters", "both, digits or letters is expected")
	}
	code, failure := text(req.Config, "prefix", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	field, failure := text(req.Config, "field", false)
	if failure != nil {
		return robot.Result{}, failure
	}
	for range length {
		i, err := rand.Int(p.random, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return robot.Result{}, temporary("no_random", err, "the system gave no random numbers")
		}
		code += alphabet[i.Int64() : i.Int64()+1]
	}
	if field == "" {
		return robot.Result{Values: map[string]any{"code": code}}, nil
	}
	if failure := needRecord(req.Run); failure != nil {
		return robot.Result{}, failure
	}
	if err := p.records.SetFields(ctx, once(req), req.Run.RecordType, req.Run.RecordID, map[string]any{field: code}); err != nil {
		return robot.Result{}, recordFailure(err)
	}
	written, err := p.making.Value(ctx, req.Run.RecordType, req.Run.RecordID, field)
	if err != nil {
		return robot.Result{}, recordFailure(err)
	}
	return robot.Result{Values: map[string]any{"code": written}}, nil
}
