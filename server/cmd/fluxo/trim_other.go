//go:build !linux

package main

import (
	"context"
	"log/slog"
)

// trimLater does nothing where pages cannot be given back one by one.
func trimLater(context.Context, *slog.Logger) {}
