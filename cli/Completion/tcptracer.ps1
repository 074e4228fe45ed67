# Completion of tcptracer for PowerShell. For this shell: tcptracer completion pwsh | Out-String | Invoke-Expression
# For every shell: add that line to the file that $PROFILE names
Register-ArgumentCompleter -Native -CommandName tcptracer -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.ToString().PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    tcptracer "[suggest:$($line.Length)]" $line 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
