// Command argo-lua runs a script of an Argo CD resource customization as Argo CD does: in gopher-lua, with the libraries
// base, package and table and of os only the clock, the resource in the global obj, for a second at most. It reads
// {"script": …, "object": …, "parameters": …} and prints what the script returned, as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"
)

type task struct {
	Script     string         `json:"script"`
	Object     map[string]any `json:"object"`
	Parameters map[string]any `json:"parameters"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var given task
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	limit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(limit)
	if err := openLibraries(state); err != nil {
		return err
	}
	state.SetGlobal("obj", luajson.DecodeValue(state, given.Object))
	if given.Parameters != nil {
		state.SetGlobal("actionParams", luajson.DecodeValue(state, given.Parameters))
	}
	if err := state.DoString(given.Script); err != nil {
		return err
	}
	returned, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return errors.New("the script returned no table")
	}
	encoded, err := luajson.Encode(returned)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(encoded)
	return err
}

func openLibraries(state *lua.LState) error {
	libraries := []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	}
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return err
		}
	}
	state.PreloadModule(lua.OsLibName, func(state *lua.LState) int {
		state.Push(state.SetFuncs(state.NewTable(), map[string]lua.LGFunction{"time": now, "date": date}))
		return 1
	})
	return nil
}

func now(state *lua.LState) int {
	state.Push(lua.LNumber(time.Now().Unix()))
	return 1
}

// date knows the one format that the scripts use.
func date(state *lua.LState) int {
	if state.CheckString(1) != "!%Y-%m-%dT%H:%M:%SZ" {
		state.RaiseError("os.date: another format than the scripts use")
	}
	state.Push(lua.LString(time.Now().UTC().Format(time.RFC3339)))
	return 1
}
