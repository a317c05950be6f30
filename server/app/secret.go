package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxo-app/fluxo/server/robot"
	"github.com/fluxo-app/fluxo/server/vault"
)

// secrets opens what robots send.
type secrets struct{ vault *vault.Service }

// Secret implements robot.Secrets.
func (s secrets) Secret(ctx context.Context, id, address string) (string, error) {
	value, err := s.vault.Value(ctx, id, address)
	switch {
	case errors.Is(err, vault.ErrMissing):
		err = fmt.Errorf("%w: %w", robot.ErrSecretMissing, err)
	case errors.Is(err, vault.ErrElsewhere):
		err = fmt.Errorf("%w: %w", robot.ErrSecretElsewhere, err)
	}
	return value, err
}

// secretsNoted are those of a trial: it is looked whether they could be sent, and their
// values stay where they are.
type secretsNoted struct{ secrets }

// Secret implements robot.Secrets.
func (s secretsNoted) Secret(ctx context.Context, id, address string) (string, error) {
	if _, err := s.secrets.Secret(ctx, id, address); err != nil {
		return "", err
	}
	return "[secret]", nil
}

// secret tells the check of processes which secrets there are. While they cannot be
// read all are: what is published must go on running.
func (r recordTypes) secret(v *vault.Service) func(id string) bool {
	return func(id string) bool {
		ctx, cancel := r.ask()
		defer cancel()
		known, err := v.Known(ctx, id)
		if err != nil {
			r.log.Warn("secrets are not known to the check of processes", "error", err)
		}
		return known || err != nil
	}
}

// secretGoes tells the check of processes whether a secret may be sent to an address.
// While it cannot be read it may: the call looks again.
func (r recordTypes) secretGoes(v *vault.Service) func(id, address string) bool {
	return func(id, address string) bool {
		ctx, cancel := r.ask()
		defer cancel()
		goes, err := v.Goes(ctx, id, address)
		if err != nil {
			r.log.Warn("hosts of secrets are not known to the check of processes", "error", err)
		}
		return goes || err != nil
	}
}
