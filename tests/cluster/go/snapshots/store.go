package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The kinds of what is kept, and the folders that it is in: KIND/NAME/data, with what is known of it in KIND/NAME/about.json.
const (
	volumes   = "volumes"
	snapshots = "snapshots"
)

type record struct {
	Bytes int64     // what was asked for; a folder keeps nobody from taking more
	From  string    // of a volume the snapshot, of a snapshot the volume
	Made  time.Time // when the copy was begun
}

type store struct {
	folder string
	lock   *sync.Mutex // one change at a time
}

func newStore(folder string) (store, error) {
	for _, kind := range []string{volumes, snapshots} {
		if err := os.MkdirAll(filepath.Join(folder, kind), 0o755); err != nil {
			return store{}, err
		}
	}
	return store{folder, &sync.Mutex{}}, nil
}

func (s store) path(kind, name string, inside ...string) string {
	return filepath.Join(append([]string{s.folder, kind, name}, inside...)...)
}

func (s store) about(kind, name string) (record, error) {
	found := record{}
	if name == "" || strings.ContainsAny(name, "/\x00") || strings.HasPrefix(name, ".") {
		return found, status.Errorf(codes.InvalidArgument, "%q is no name", name)
	}
	text, err := os.ReadFile(s.path(kind, name, "about.json"))
	if err != nil {
		return found, fmt.Errorf("%s/%s: %w", kind, name, err)
	}
	return found, json.Unmarshal(text, &found)
}

// Empty, or a copy of what `wanted` is from. The same again is what is there already: the sidecars ask until they have heard the answer.
func (s store) make(kind, name string, wanted record) (record, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	found, err := s.about(kind, name)
	if err == nil {
		if found.From != wanted.From || found.Bytes != wanted.Bytes {
			return found, status.Errorf(codes.AlreadyExists, "%s is there, and another one", name)
		}
		return found, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	wanted.Made = time.Now()
	half := s.path(kind, "."+name)
	if err = s.fill(half, kind, wanted); err == nil {
		err = os.Rename(half, s.path(kind, name)) // at once whole
	}
	os.RemoveAll(half)
	return wanted, err
}

func (s store) fill(half, kind string, wanted record) error {
	if err := os.RemoveAll(half); err != nil { // of one that was killed
		return err
	}
	// As a fresh file system is: root's, and pods that are not root need the kubelet to give it to their group.
	if err := os.MkdirAll(filepath.Join(half, "data"), 0o755); err != nil {
		return err
	}
	if wanted.From != "" {
		source := s.path(snapshots, wanted.From, "data")
		if kind == snapshots {
			source = s.path(volumes, wanted.From, "data")
		}
		// File by file, while the pod may write: what a file system's snapshot has of one moment, this has of a few milliseconds.
		if said, err := exec.Command("cp", "--archive", "--reflink=auto", source+"/.", filepath.Join(half, "data")).CombinedOutput(); err != nil {
			return fmt.Errorf("%s could not be copied: %s", wanted.From, said)
		}
	}
	text, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(half, "about.json"), text, 0o644)
}

func (s store) remove(kind, name string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if _, err := s.about(kind, name); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return os.RemoveAll(s.path(kind, name))
}

// As gRPC says it.
func failure(err error) error {
	if err == nil || status.Code(err) != codes.Unknown {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return status.Error(codes.NotFound, err.Error())
	}
	return status.Error(codes.Internal, err.Error())
}
