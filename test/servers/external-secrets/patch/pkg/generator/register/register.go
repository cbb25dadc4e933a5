// Package register imports no generators.
package register
