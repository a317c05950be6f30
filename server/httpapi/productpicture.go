package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// maxPicture bounds the picture of a product: it is shown as it is.
const maxPicture = 2 << 20

// pictureTypes are what every browser shows, told by their content.
var pictureTypes = []string{"image/png", "image/jpeg", "image/webp", "image/gif"}

// pictureRoutes change pictures of products. They are read as files are.
func (a *API) pictureRoutes(tag, edit string) {
	a.raw(http.MethodPost, "/products/:id/picture", rawSpec{id: "setProductPicture", summary: "Give a product a picture (multipart: file): PNG, JPEG, WebP or GIF of at most 2 MiB, instead of the one it has", tag: tag, need: edit, status: "200", produces: crm.Product{}}, a.setPicture)
	route(a, spec{method: http.MethodDelete, path: "/products/{id}/picture", id: "deleteProductPicture", summary: "Take the picture of a product away", tag: tag, need: edit},
		func(ctx context.Context, in *ByID) (*tagged[crm.Product], error) {
			p, before, err := a.CRM.SetPicture(ctx, by(ctx), in.ID, "")
			if err != nil {
				return nil, err
			}
			return withTag(p.Rev, p), a.dropPicture(ctx, before)
		})
}

func (a *API) setPicture(c *gin.Context) error {
	ctx, id := c.Request.Context(), c.Param("id")
	if _, err := a.CRM.Product(ctx, id); err != nil {
		return err
	}
	_, part, err := parts(c, maxPicture)
	if err != nil {
		return err
	}
	name, err := fileName(part)
	if err != nil {
		return err
	}
	info, err := a.Files.Put(ctx, file.Put{Name: name, Owner: productOwner + ":" + id, CreatedBy: callerOf(ctx).ID, MaxBytes: maxPicture, Allowed: pictureTypes}, part)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return &problem.Problem{Code: "bad_request", Fields: []problem.Field{{Path: "/file", Code: "invalid", Message: "the upload broke off before its end"}}, Cause: err}
	}
	if errors.Is(err, file.ErrTooLarge) {
		return problem.New("file_too_large", "limit", "2 MiB").Because(err)
	}
	if err != nil {
		return err
	}
	p, before, err := a.CRM.SetPicture(ctx, by(ctx), id, info.ID)
	if err != nil {
		return errors.Join(err, a.dropPicture(ctx, info.ID))
	}
	if err := a.dropPicture(ctx, before); err != nil {
		return err
	}
	respond(c, http.StatusOK, p)
	return nil
}

// dropPicture deletes a file that shows no product any more.
func (a *API) dropPicture(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	if err := a.Files.Delete(ctx, id); !errors.Is(err, file.ErrNotFound) {
		return err
	}
	return nil
}

// productOwner begins the owner of pictures of products.
const productOwner = "product"

// mayPicture lets those who see the catalog see its pictures. They are changed by the
// routes of products only, which know what a picture is.
func (a *API) mayPicture(ctx context.Context, id string, change bool) error {
	if change {
		return problem.Invalid("/owner", "invalid", "a picture of a product is changed by /products/{id}/picture")
	}
	if err := a.allowed(ctx, "crm.view"); err != nil {
		return err
	}
	_, err := a.CRM.Product(ctx, id)
	return err
}
