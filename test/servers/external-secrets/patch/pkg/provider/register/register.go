// Package register imports the providers that the tests use.
package register

import (
	_ "github.com/external-secrets/external-secrets/pkg/provider/aws"
	_ "github.com/external-secrets/external-secrets/pkg/provider/vault"
)
