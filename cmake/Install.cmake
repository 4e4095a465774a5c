# Where everything goes that is installed: the folders of GNUInstallDirs, below DESTDIR where that is set.
set(REDISCTL_ZSH_COMPLETIONS "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING
    "Folder of zsh's completions (Debian's own packages: share/zsh/vendor-completions)")

# The tarball has another program with the same files.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME files)
install(TARGETS redisctl COMPONENT program)
# `kubectl redisctl`: the same program, found by kubectl under this name.
file(CREATE_LINK redisctl ${CMAKE_BINARY_DIR}/kubectl-redisctl SYMBOLIC)
# Not in the tarball, because krew unpacks no links.
install(FILES ${CMAKE_BINARY_DIR}/kubectl-redisctl TYPE BIN COMPONENT link)
install(PROGRAMS packaging/kubectl_complete-redisctl TYPE BIN)
install(FILES completions/redisctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME redisctl)
install(FILES completions/_redisctl DESTINATION ${REDISCTL_ZSH_COMPLETIONS})
install(FILES completions/redisctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

file(GLOB manual_pages CONFIGURE_DEPENDS man/*.1)
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB manual_pages CONFIGURE_DEPENDS man/*.7)
install(FILES ${manual_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)

install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
