package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/fluxo-app/fluxo/server/access"
	"github.com/fluxo-app/fluxo/server/app"
	"github.com/fluxo-app/fluxo/server/identity"
)

type backup struct {
	common
	To string `arg:"" help:"File to write." type:"path"`
}

// Run copies the embedded database while it may be in use.
func (b backup) Run(ctx context.Context) error {
	c, err := b.load(nil)
	if err != nil {
		return err
	}
	return app.Backup(ctx, c, b.To)
}

type check struct{ common }

// Run prints the configuration in effect.
func (k check) Run() error {
	c, err := k.load(nil)
	if err != nil {
		return err
	}
	for _, s := range c.Describe() {
		fmt.Printf("%-28s %-40s %s\n", s.Key, s.Value, s.From)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	return nil
}

type user struct {
	common
	Login    string   `arg:"" help:"Login of the account."`
	Name     string   `help:"Name of a new account."`
	Email    string   `help:"Mail address of a new account."`
	Role     []string `help:"Roles of a new account." default:"member"`
	Password string   `help:"New password." env:"FLUXO_USER_PASSWORD"`
}

// Run adds an account, or gives an existing one a new password.
func (u user) Run(ctx context.Context) error {
	c, err := u.load(nil)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{Version: version})
	if err != nil {
		return err
	}
	ctx = access.With(ctx, access.Actor{System: true})
	directory, err := a.Identity.Directory(ctx)
	if err == nil {
		if known, ok := directory.FindLogin(u.Login); ok {
			err = a.Identity.SetPassword(ctx, known.ID, u.Password, "")
		} else {
			_, err = a.Identity.CreateUser(ctx, identity.NewUser{Login: u.Login, Name: u.Name, Email: u.Email, Roles: u.Role, Password: u.Password})
		}
	}
	return errors.Join(err, a.Close())
}
